package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// watcher keeps what it is told of one run.
type watcher struct {
	run    exporter.RunInfo
	events []exporter.Event
}

// Observe implements [exporter.Observer].
func (w *watcher) Observe(event exporter.Event) { w.events = append(w.events, event) }

func TestARunThatCannotStartEndsForItsObserver(t *testing.T) {
	refused := errors.New("no such proxy")
	seen := new(watcher)
	e := engine.Engine{
		OpenSource: func(context.Context, exporter.SourceConfig, exporter.Observer) (exporter.Source, error) {
			return nil, refused
		},
		NewRunID: func() string { return "run-1" },
		Watch: func(run exporter.RunInfo) exporter.Observer {
			seen.run = run
			return seen
		},
	}
	job := exporter.Job{Team: "acme", Exports: []exporter.Export{{Table: "inbox_conversations"}}}
	if _, err := e.StartReading(t.Context(), job, new(watcher)); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if seen.run.ID != "run-1" || seen.run.Team != "acme" || len(seen.run.Exports) != 0 {
		t.Errorf("the run is %+v; a reading writes nothing", seen.run)
	}
	if len(seen.events) != 2 {
		t.Fatalf("the events are %v", seen.events)
	}
	if end, ok := seen.events[0].(exporter.PlanEnded); !ok || end.Ending != exporter.EndFailed || !errors.Is(end.Err, refused) {
		t.Errorf("the first event is %#v", seen.events[0])
	}
	if _, ok := seen.events[1].(exporter.RunEnded); !ok {
		t.Errorf("the last event is %#v", seen.events[1])
	}
}
