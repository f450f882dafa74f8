// Package heaplimit gives Go's collector the memory budget of the process as its limit. It imports
// exporter.
package heaplimit

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/lemexport/lemexport/exporter"
)

// perRow is more than a row of a walk takes beside the budget (docs/configuration.md), in bytes.
const perRow = 64

// collectorRoom is what the collector needs beside the memory in use: with less it would do
// nothing but collect.
func collectorRoom(inUse int64) int64 { return inUse/4 + 16<<20 }

// Limit is the memory that Go's collector stays below: the budget of the process. When many rows
// are walked, what is known of them leaves the collector no room in the budget. Then it is more.
type Limit struct {
	fixed  bool
	budget atomic.Int64 // 0 as long as there is none
	walked atomic.Int64 // rows of all walks

	choosing sync.Mutex
	set      int64 // what it is now
}

// New returns a limit without a budget. One that is fixed is left as it is.
func New(fixed bool) *Limit {
	limit := &Limit{fixed: fixed}
	runtime.SetFinalizer(&collection{limit: limit}, (*collection).ended)
	return limit
}

// Use makes a budget of so many bytes that of the process.
func (l *Limit) Use(budget int64) {
	l.budget.Store(budget)
	l.adapt()
}

// Counting is an observer of a run that counts the rows of its walks for the limit, and hands all
// events on.
func (l *Limit) Counting(to exporter.Observer) exporter.Observer { return counter{to, l} }

// adapt chooses the limit by what the latest collection found in use.
func (l *Limit) adapt() {
	l.choosing.Lock()
	defer l.choosing.Unlock()
	budget := l.budget.Load()
	if l.fixed || budget == 0 {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	inUse := int64(live[0].Value.Uint64())
	limit := max(budget, min(inUse+collectorRoom(inUse), budget+perRow*l.walked.Load()))
	if l.set != limit { // it stops all goroutines for a moment
		l.set = limit
		debug.SetMemoryLimit(limit)
	}
}

// collection is in nobody's use: the collector hands it back at the end of each collection.
type collection struct{ limit *Limit }

func (c *collection) ended() {
	c.limit.adapt()
	runtime.SetFinalizer(c, (*collection).ended)
}

// counter is [Limit.Counting].
type counter struct {
	exporter.Observer
	limit *Limit
}

// Observe implements exporter.Observer.
func (c counter) Observe(event exporter.Event) {
	if page, ok := event.(exporter.PageFetched); ok {
		c.limit.walked.Add(int64(page.Rows))
	}
	c.Observer.Observe(event)
}
