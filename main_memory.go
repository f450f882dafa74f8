package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// collectorRoom is what the collector needs beside the memory in use: with less it would do
// nothing but collect.
func collectorRoom(inUse int64) int64 { return inUse/4 + 16<<20 }

// memoryLimit is the memory that Go's collector stays below: the budget of the process, and more
// when what is in use leaves it no room, as with teams of many millions of conversations
// (docs/configuration.md).
type memoryLimit struct {
	fixed  bool
	budget atomic.Int64 // 0 as long as there is none
}

// newMemoryLimit returns a limit without a budget. One that is fixed is left as it is.
func newMemoryLimit(fixed bool) *memoryLimit {
	limit := &memoryLimit{fixed: fixed}
	runtime.SetFinalizer(&collection{limit: limit}, (*collection).ended)
	return limit
}

// use makes a budget of so many bytes that of the process.
func (l *memoryLimit) use(budget int64) {
	l.budget.Store(budget)
	l.adapt()
}

// adapt chooses the limit by what the latest collection found in use.
func (l *memoryLimit) adapt() {
	budget := l.budget.Load()
	if l.fixed || budget == 0 {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	inUse := int64(live[0].Value.Uint64())
	debug.SetMemoryLimit(max(budget, inUse+collectorRoom(inUse)))
}

// collection is in nobody's use: the collector hands it back at the end of each collection.
type collection struct{ limit *memoryLimit }

func (c *collection) ended() {
	c.limit.adapt()
	runtime.SetFinalizer(c, (*collection).ended)
}
