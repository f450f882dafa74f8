package monitor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/lemexport/lemexport/exporter"
)

// runObserver turns the events of one run into spans and metrics: the run holds the plan
// and the tables, a table its walk and the encoding and commit of each file. Requests have
// no spans, since a team can have thousands.
type runObserver struct {
	telemetry *Telemetry
	info      exporter.RunInfo
	started   time.Time

	mu sync.Mutex
	// open are the spans that have begun and not ended, the run first.
	open []openSpan
	// table is the table that is worked on; "" during the plan.
	table  string
	pages  int64
	ending exporter.Ending
	// action is plan, apply or read.
	action string
}

// openSpan is a span, in its context.
type openSpan struct {
	ctx  context.Context //nolint:containedctx // the way of this library to name the parent
	span trace.Span
}

func newRunObserver(t *Telemetry, info exporter.RunInfo) *runObserver {
	o := &runObserver{telemetry: t, info: info, started: time.Now(), ending: exporter.EndDone, action: "plan"}
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), t.parent)
	attributes := append(o.ofRun(), attribute.String("lemexport.run_id", info.ID))
	o.begin(ctx, "run", attributes...)
	return o
}

// ofRun are the attributes that metrics and spans of a run share.
func (o *runObserver) ofRun() []attribute.KeyValue {
	if o.info.Team == "" {
		return nil
	}
	return []attribute.KeyValue{attribute.String("lemexport.team", o.info.Team)}
}

// ofTable are the attributes of a table and of its exports.
func (o *runObserver) ofTable() []attribute.KeyValue {
	attributes := o.ofRun()
	if o.table == "" {
		return attributes
	}
	var modes, formats []string
	for _, export := range o.info.Exports {
		if export.Table == o.table {
			modes, formats = append(modes, export.Mode), append(formats, export.Format)
		}
	}
	attributes = append(attributes, attribute.String("lemexport.table", o.table))
	for name, values := range map[string][]string{"lemexport.mode": modes, "lemexport.format": formats} {
		slices.Sort(values)
		if values = slices.Compact(values); len(values) > 0 {
			attributes = append(attributes, attribute.String(name, strings.Join(values, ",")))
		}
	}
	return attributes
}

// Observe implements [exporter.Observer].
func (o *runObserver) Observe(event exporter.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.telemetry.instruments.observe(event, o.ofRun(), o.ofTable())
	switch event := event.(type) {
	case exporter.PhaseStarted:
		o.phase(event.Phase)
	case exporter.TableStarted:
		o.close(depthRun)
		o.table, o.pages = event.Table, 0
		o.within("table", o.ofTable()...)
	case exporter.PageFetched:
		o.pages++
	case exporter.PlanEnded:
		o.end(depthStep, event.Ending, event.Err)
	case exporter.TableEnded:
		o.close(depthStep)
		o.set(tableAttributes(event, o.pages)...)
		o.end(depthStep, event.Ending, event.Err)
		o.table = ""
	case exporter.WorkEnded:
		o.action = "apply"
		if len(o.info.Exports) == 0 {
			o.action = "read"
		}
		o.failed(event.Ending, event.Err)
	case exporter.RunEnded:
		o.close(depthRun)
		end := []attribute.KeyValue{attribute.String("lemexport.action", o.action), attribute.String("lemexport.outcome", string(o.ending))}
		o.set(end...)
		o.close(0)
		o.telemetry.instruments.ended(time.Since(o.started), append(o.ofRun(), end...))
	}
}

// How many spans are open in the run itself, and in the plan or a table of it.
const (
	depthRun  = 1
	depthStep = 2
)

func (o *runObserver) phase(phase exporter.Phase) {
	switch {
	case phase == exporter.PhaseSurvey && o.table == "":
		o.close(depthRun)
		o.within("plan")
		return
	case o.table == "":
		return
	}
	o.close(depthStep)
	name := string(phase)
	if phase == exporter.PhaseWrite {
		name = "encode"
	}
	o.within(name)
}

func (o *runObserver) begin(ctx context.Context, name string, attributes ...attribute.KeyValue) {
	ctx, span := o.telemetry.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	o.open = append(o.open, openSpan{ctx, span})
}

// within begins a span inside the innermost one.
func (o *runObserver) within(name string, attributes ...attribute.KeyValue) {
	if len(o.open) > 0 { // nothing comes after the end of the run
		o.begin(o.open[len(o.open)-1].ctx, name, attributes...)
	}
}

// set adds attributes to the innermost span.
func (o *runObserver) set(attributes ...attribute.KeyValue) {
	if len(o.open) > 0 {
		o.open[len(o.open)-1].span.SetAttributes(attributes...)
	}
}

// close ends the innermost spans until depth are left.
func (o *runObserver) close(depth int) {
	for len(o.open) > depth {
		last := len(o.open) - 1
		o.open[last].span.End()
		o.open = o.open[:last]
	}
}

// end ends the span at a depth, and marks it and the run when it is not done.
func (o *runObserver) end(depth int, ending exporter.Ending, err error) {
	o.close(depth)
	if len(o.open) == depth {
		mark(o.open[depth-1].span, ending, err)
	}
	o.close(depth - 1)
	o.failed(ending, err)
}

// failed marks the run. What has ended it counts, and that comes last.
func (o *runObserver) failed(ending exporter.Ending, err error) {
	if ending == exporter.EndDone || len(o.open) == 0 {
		return
	}
	o.ending = ending
	mark(o.open[0].span, ending, err)
}

// mark gives a span the status of an ending. The text of an error can hold ids, paths and
// what a server said, so only its kind is told.
func mark(span trace.Span, ending exporter.Ending, err error) {
	span.SetAttributes(attribute.String("lemexport.outcome", string(ending)))
	if ending == exporter.EndDone {
		return
	}
	span.SetStatus(codes.Error, string(ending))
	span.SetAttributes(attribute.String("error.type", kindOf(err)))
}

// kindOf names the kind of an error.
func kindOf(err error) string {
	kinds := []struct {
		is   error
		name string
	}{
		{exporter.ErrIncomplete, "incomplete"},
		{exporter.ErrKeyRefused, "key_refused"},
		{exporter.ErrNoAccess, "no_access"},
		{exporter.ErrBusy, "busy"},
		{exporter.ErrConflict, "conflict"},
		{exporter.ErrAltered, "altered"},
		{exporter.ErrUnreadable, "unreadable"},
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "timeout"},
	}
	for _, kind := range kinds {
		if errors.Is(err, kind.is) {
			return kind.name
		}
	}
	return "_OTHER"
}

func tableAttributes(end exporter.TableEnded, pages int64) []attribute.KeyValue {
	proof := end.Proof
	return []attribute.KeyValue{
		attribute.Bool("lemexport.complete", proof.Complete),
		attribute.String("lemexport.method", proof.Method),
		attribute.Int64("lemexport.pages", pages),
		attribute.Int64("lemexport.pages.resumed", proof.Resumed),
		attribute.Int64("lemexport.requests", proof.Requests),
		attribute.Int64("lemexport.retries", proof.Retries),
		attribute.Int64("lemexport.throttled", proof.Throttled),
		attribute.Int64("lemexport.rows.read", proof.RowsRead),
		attribute.Int64("lemexport.rows", proof.Rows),
		attribute.Int64("lemexport.rows.written", end.Rows),
		attribute.Int("lemexport.files", end.Files),
	}
}
