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

// mostNotices bounds the notices that wait for a slow host.
const mostNotices = 100

// outbox keeps what a run tells until the host takes it: the newest progress and
// retry, and the first of the notices. It is the run's observer and never waits.
type outbox struct {
	now  func() time.Time
	wake chan struct{}

	mu      sync.Mutex
	phase   pluginv1.Phase
	total   int64
	rows    int64
	pages   int64
	moved   bool
	retry   *pluginv1.Event
	notices []*pluginv1.Event
}

func newOutbox(now func() time.Time) *outbox {
	return &outbox{now: now, wake: make(chan struct{}, 1)}
}

// Observe implements exporter.Observer.
func (o *outbox) Observe(event exporter.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch event := event.(type) {
	case exporter.PhaseStarted:
		o.moved = true
		o.phase, o.total, o.rows = phaseOf(event.Phase), event.Total, 0
	case exporter.PageFetched:
		o.moved = true
		o.pages++
		o.rows += int64(event.Rows)
	case exporter.RowsWritten:
		o.moved = true
		o.rows = event.Rows
	case exporter.RequestRetried:
		o.retry = o.stamp(&pluginv1.Event{Kind: &pluginv1.Event_Retry{Retry: &pluginv1.Retry{
			Request: event.Request, Attempt: int32(event.Attempt), Wait: durationpb.New(event.Wait), Reason: event.Reason,
		}}})
	case exporter.Throttled:
		o.retry = o.stamp(&pluginv1.Event{Kind: &pluginv1.Event_Retry{Retry: &pluginv1.Retry{
			Wait: durationpb.New(event.Wait), Reason: "the API asks for a pause",
		}}})
	case exporter.Resumed:
		o.add(&pluginv1.Event{Kind: &pluginv1.Event_Resumed{Resumed: &pluginv1.Resumed{Pages: event.Pages, Since: timestamppb.New(event.From)}}})
	case exporter.PartitionSkipped:
		o.notice("the inbox of "+event.Partition+" is skipped: "+event.Reason, "")
	case exporter.UnknownField:
		o.notice("the API sent a field that the table does not know: "+event.Field, "It is in the column extra.")
	case exporter.NotResumable:
		o.notice("no checkpoints: "+event.Reason, strings.TrimSpace("A reading that is cut short will start over. "+event.Advice))
	case exporter.RateNotShared:
		o.notice("the rate limit is not shared with other runs of this key on this machine: "+event.Reason, event.Advice)
	case exporter.StartedOver:
		o.notice(event.Reason, "Everything is delivered again.")
	}
	select {
	case o.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (o *outbox) notice(summary, detail string) {
	o.add(&pluginv1.Event{Kind: &pluginv1.Event_Notice{Notice: &pluginv1.Diagnostic{
		Severity: pluginv1.Severity_SEVERITY_WARNING, Summary: summary, Detail: detail,
	}}})
}

func (o *outbox) add(event *pluginv1.Event) {
	if len(o.notices) < mostNotices {
		o.notices = append(o.notices, o.stamp(event))
	}
}

func (o *outbox) stamp(event *pluginv1.Event) *pluginv1.Event {
	event.Time = timestamppb.New(o.now())
	return event
}

// drain takes what waits: notices, then the newest retry, then where it all is.
func (o *outbox) drain() []*pluginv1.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	events := o.notices
	if o.retry != nil {
		events = append(events, o.retry)
	}
	if o.moved {
		events = append(events, o.stamp(&pluginv1.Event{Kind: &pluginv1.Event_Progress{Progress: &pluginv1.Progress{
			Phase: o.phase, RowsTotal: o.total, Rows: o.rows, Pages: o.pages,
		}}}))
	}
	o.notices, o.retry, o.moved = nil, nil, false
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
