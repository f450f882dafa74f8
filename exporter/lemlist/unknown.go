package lemlist

import (
	"sync"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// once passes events on, each unknown field one time only.
type once struct {
	to   exporter.Observer
	mu   sync.Mutex
	seen schema.Names
}

func newOnce(to exporter.Observer) *once { return &once{to: to} }

// Observe implements exporter.Observer.
func (o *once) Observe(event exporter.Event) {
	if field, ok := event.(exporter.UnknownField); ok && !o.first(field.Field) {
		return
	}
	if o.to != nil {
		o.to.Observe(event)
	}
}

func (o *once) first(field string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen.Add(field)
}
