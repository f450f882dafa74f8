package plugin

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// Whatever a run tells, and whenever the host takes it: few events wait, and the
// progress that comes last is where the run is.
func TestAnEventBufferStaysSmallAndShowsTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		buffer := newEventBuffer(time.Now)
		var rows, pages int64
		var phase pluginv1.Phase
		var shown *pluginv1.Progress
		var notices int
		take := func() {
			events := buffer.drain()
			if len(events) > maxNotices+2 {
				t.Fatalf("%d events wait", len(events))
			}
			for _, event := range events {
				if event.GetTime() == nil {
					t.Fatal("an event without a time")
				}
				if progress := event.GetProgress(); progress != nil {
					shown = progress
				}
			}
			if len(buffer.drain()) > 0 {
				t.Fatal("what was taken is there again")
			}
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			case 0:
				phase, rows = pluginv1.Phase_PHASE_WRITE, 0
				buffer.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWrite, Total: 7})
			case 1:
				n := rapid.IntRange(0, 100).Draw(t, "rows")
				pages, rows = pages+1, rows+int64(n)
				buffer.Observe(exporter.PageFetched{Rows: n})
			case 2:
				rows = int64(rapid.IntRange(0, 9).Draw(t, "written"))
				buffer.Observe(exporter.RowsWritten{Rows: rows})
			case 3:
				notices++
				buffer.Observe(exporter.PartitionSkipped{SkippedPartition: exporter.SkippedPartition{Partition: fmt.Sprint("usr_", notices), Reason: "refused"}})
			case 4:
				buffer.Observe(exporter.RequestRetried{Request: "/api/inbox", Attempt: 1, Reason: "500"})
			case 5:
				buffer.Observe(exporter.Throttled{Wait: time.Second})
			case 6:
				take()
			}
		}
		take()
		if shown != nil && (shown.GetRows() != rows || shown.GetPages() != pages || shown.GetPhase() != phase) {
			t.Fatalf("shows %v, is at %v, %d rows, %d pages", shown, phase, rows, pages)
		}
	})
}

func TestAnEventBufferKeepsTheFirstNoticesAndWakesItsReaderOnce(t *testing.T) {
	buffer := newEventBuffer(time.Now)
	for i := range maxNotices + 5 {
		buffer.Observe(exporter.UnknownField{Field: fmt.Sprint("field", i)})
	}
	<-buffer.ready
	select {
	case <-buffer.ready:
		t.Error("woken twice")
	default:
	}
	events := buffer.drain()
	if len(events) != maxNotices || events[0].GetNotice().GetSummary() != "the API sent a field that the table does not know: field0" {
		t.Errorf("%d events, the first %v", len(events), events[0])
	}
}

func TestEventsOfAnEndedStreamDoNotHideTheWorksError(t *testing.T) {
	broken, failed := errors.New("the stream is gone"), errors.New("the work failed")
	buffer := newEventBuffer(time.Now)
	to := newSender(
		func(*pluginv1.Event) error { return broken },
		func(event *pluginv1.Event) *pluginv1.Event { return event },
	)
	err := to.sendWhile(t.Context(), buffer, func() error {
		buffer.Observe(exporter.PageFetched{Rows: 1})
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("the error is %v", err)
	}
}
