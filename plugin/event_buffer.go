package plugin

import (
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// maxNotices bounds the notices that wait for a slow host. Later ones are dropped.
const maxNotices = 100

// eventBuffer observes a run and keeps its events until they are sent: the newest
// progress and retry, and the first maxNotices notices. It never blocks the run.
type eventBuffer struct {
	now   func() time.Time
	ready chan struct{} // holds a value while there may be events to drain

	mu         sync.Mutex
	phase      pluginv1.Phase
	total      int64
	rows       int64
	pages      int64
	progressed bool
	retry      *pluginv1.Event
	notices    []*pluginv1.Event
}

func newEventBuffer(now func() time.Time) *eventBuffer {
	return &eventBuffer{now: now, ready: make(chan struct{}, 1)}
}

// Observe implements exporter.Observer.
func (b *eventBuffer) Observe(event exporter.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case exporter.PhaseStarted:
		b.progressed = true
		b.phase, b.total, b.rows = phaseOf(event.Phase), event.Total, 0
	case exporter.PageFetched:
		b.progressed = true
		b.pages++
		b.rows += int64(event.Rows)
	case exporter.RowsWritten:
		b.progressed = true
		b.rows = event.Rows
	case exporter.RequestRetried:
		b.retry = b.stamp(&pluginv1.Event{Kind: &pluginv1.Event_Retry{Retry: &pluginv1.Retry{
			Request: event.Request, Attempt: int32(event.Attempt), Wait: durationpb.New(event.Wait), Reason: event.Reason,
		}}})
	case exporter.Throttled:
		b.retry = b.stamp(&pluginv1.Event{Kind: &pluginv1.Event_Retry{Retry: &pluginv1.Retry{
			Wait: durationpb.New(event.Wait), Reason: "the API asks for a pause",
		}}})
	case exporter.Resumed:
		b.add(&pluginv1.Event{Kind: &pluginv1.Event_Resumed{Resumed: &pluginv1.Resumed{Pages: event.Pages, Since: timestamppb.New(event.From)}}})
	case exporter.PartitionSkipped:
		b.notice("the inbox of "+event.Partition+" is skipped: "+event.Reason, "")
	case exporter.UnknownField:
		b.notice("the API sent a field that the table does not know: "+event.Field, "It is in the column extra.")
	case exporter.NotResumable:
		b.notice("no checkpoints: "+event.Reason, strings.TrimSpace("A reading that is cut short will start over. "+event.Advice))
	case exporter.RateNotShared:
		b.notice("the rate limit is not shared with other runs of this key on this machine: "+event.Reason, event.Advice)
	case exporter.StartedOver:
		b.notice(event.Reason, "Everything is delivered again.")
	}
	select {
	case b.ready <- struct{}{}:
	default: // it is signalled already
	}
}

func (b *eventBuffer) notice(summary, detail string) {
	b.add(&pluginv1.Event{Kind: &pluginv1.Event_Notice{Notice: &pluginv1.Diagnostic{
		Severity: pluginv1.Severity_SEVERITY_WARNING, Summary: summary, Detail: detail,
	}}})
}

func (b *eventBuffer) add(event *pluginv1.Event) {
	if len(b.notices) < maxNotices {
		b.notices = append(b.notices, b.stamp(event))
	}
}

func (b *eventBuffer) stamp(event *pluginv1.Event) *pluginv1.Event {
	event.Time = timestamppb.New(b.now())
	return event
}

// drain empties the buffer: the notices, then the newest retry, then the progress.
func (b *eventBuffer) drain() []*pluginv1.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.notices
	if b.retry != nil {
		events = append(events, b.retry)
	}
	if b.progressed {
		events = append(events, b.stamp(&pluginv1.Event{Kind: &pluginv1.Event_Progress{Progress: &pluginv1.Progress{
			Phase: b.phase, RowsTotal: b.total, Rows: b.rows, Pages: b.pages,
		}}}))
	}
	b.notices, b.retry, b.progressed = nil, nil, false
	return events
}

func phaseOf(phase exporter.Phase) pluginv1.Phase {
	switch phase {
	case exporter.PhaseSurvey:
		return pluginv1.Phase_PHASE_SURVEY
	case exporter.PhaseWalk:
		return pluginv1.Phase_PHASE_WALK
	case exporter.PhaseWrite:
		return pluginv1.Phase_PHASE_WRITE
	case exporter.PhaseCommit:
		return pluginv1.Phase_PHASE_COMMIT
	}
	return pluginv1.Phase_PHASE_UNSPECIFIED
}
