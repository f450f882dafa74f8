package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/internal/ndjson"
)

// recorder is a progress view that keeps what it is shown.
type recorder struct {
	seen   []string
	events chan struct{}
}

func (r *recorder) event(_ time.Time, event exporter.Event) {
	r.seen = append(r.seen, notable(event))
	if r.events != nil {
		r.events <- struct{}{}
	}
}
func (r *recorder) tick(time.Time) { r.seen = append(r.seen, "tick") }
func (r *recorder) end()           { r.seen = append(r.seen, "end") }

// recording is a view whose progress is recorded.
type recording struct {
	view
	recorder *recorder
}

func (r recording) progress() (progressView, time.Duration) { return r.recorder, time.Second }

func TestEventsAreShownInOrderAndBeforeTheTick(t *testing.T) {
	c := newConsole("")
	events := newEventBuffer(c.Now)
	show := recording{recorder: &recorder{}}
	const rounds = 50
	err := events.during(c.App, show, func() error {
		for i := range rounds {
			events.Observe(exporter.UnknownField{Field: strconv.Itoa(i)})
			c.ticks <- c.now
		}
		events.Observe(exporter.UnknownField{Field: strconv.Itoa(rounds)})
		return io.ErrUnexpectedEOF
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error of the work is lost: %v", err)
	}
	shown, ticks := 0, 0
	for i, got := range show.recorder.seen {
		switch {
		case got == notable(exporter.UnknownField{Field: strconv.Itoa(shown)}):
			shown++
		case got == "tick" && shown > ticks:
			ticks++
		case got != "end" || i != len(show.recorder.seen)-1:
			t.Fatalf("%q comes after %d events and %d ticks", got, shown, ticks)
		}
	}
	if shown != rounds+1 || ticks != rounds {
		t.Errorf("%d events and %d ticks shown", shown, ticks)
	}
}

func TestATickKnowsAllThatWasObservedBefore(t *testing.T) {
	for range 50 { // which of several things to do comes first is drawn by lot
		c := newConsole("")
		c.ticks = make(chan time.Time, 1)
		events := newEventBuffer(c.Now)
		events.Observe(exporter.UnknownField{Field: "a"})
		c.ticks <- c.now
		show := recording{recorder: &recorder{}}
		_ = events.during(c.App, show, func() error { return nil })
		if got := show.recorder.seen; got[0] == "tick" {
			t.Fatalf("shown %q", got)
		}
	}
}

func TestASlowScreenDoesNotHoldTheRun(t *testing.T) {
	c := newConsole("")
	events := newEventBuffer(c.Now)
	show := recording{recorder: &recorder{events: make(chan struct{})}}
	const senders, each = 4, 100
	_ = events.during(c.App, show, func() error {
		var run sync.WaitGroup
		for range senders {
			run.Go(func() {
				for range each {
					events.Observe(exporter.Throttled{}) // returns although nobody reads the screen
				}
			})
		}
		run.Wait()
		go func() {
			for range senders * each {
				<-show.recorder.events
			}
		}()
		return nil
	})
	if got := len(show.recorder.seen); got != senders*each+1 {
		t.Errorf("%d shown, want %d", got, senders*each+1)
	}
}

func TestAPanicLeavesTheScreenClean(t *testing.T) {
	c := newConsole("")
	show := recording{recorder: &recorder{}}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = newEventBuffer(c.Now).during(c.App, show, func() error { panic("a mistake") })
	}()
	if got := show.recorder.seen; len(got) != 1 || got[0] != "end" {
		t.Errorf("shown %q", got)
	}
}

func TestTheFirstSignalStopsTheWorkAndSaysSo(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		c := newConsole("")
		stopped := make(chan struct{})
		c.Interrupts = func() (<-chan os.Signal, func()) {
			return c.signals, sync.OnceFunc(func() { close(stopped) })
		}
		err := interruptible(t.Context(), c.App, newHumanView(c.App, settings{}), func(ctx context.Context) error {
			c.signals <- signal
			<-ctx.Done()
			<-stopped // the second signal has its own effect again
			return interruption(ctx, ctx.Err(), "the destination is as it was")
		})
		if got := statusOf(err); got != exporter.ExitInterrupted {
			t.Errorf("%v: exit %d: %v", signal, got, err)
		}
		if !strings.Contains(c.err.String(), "Stopping.") {
			t.Errorf("%v: printed %q", signal, &c.err)
		}
	}
}

func TestWorkThatIsDoneIsNotInterrupted(t *testing.T) {
	c := newConsole("")
	err := interruptible(t.Context(), c.App, newHumanView(c.App, settings{}), func(ctx context.Context) error {
		c.signals <- os.Interrupt
		<-ctx.Done()
		return interruption(ctx, nil, "nothing")
	})
	if err != nil {
		t.Errorf("a finished apply reports %v", err)
	}
}

func TestConsequenceOfAnInterruption(t *testing.T) {
	one := engine.Summary{Wanted: 2, Exports: []engine.Result{{File: "a.parquet"}}}
	for want, summary := range map[string]engine.Summary{
		"the destination is as it was":                {},
		"committed: a.parquet; the rest is as it was": one,
		"every export was committed":                  {Wanted: 2, Exports: make([]engine.Result, 2)},
	} {
		if got := consequence(summary); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestOnlyYesIsConsent(t *testing.T) {
	for answer, want := range map[string]string{
		"yes\n": "", "yes": "", "  yes \r\n": "",
		"y\n": "the answer was not 'yes'", "YES\n": "the answer was not 'yes'", "yes please\n": "the answer was not 'yes'",
		"": "no answer was given", "\n": "no answer was given", "\nyes\n": "no answer was given",
	} {
		c := newConsole(answer)
		err := consent(t.Context(), c.App, newHumanView(c.App, settings{}))
		if (err == nil) != (want == "") {
			t.Errorf("%q: %v", answer, err)
		}
		if !strings.Contains(c.err.String(), want) || (want == "") == strings.Contains(c.err.String(), "Not applied") {
			t.Errorf("%q: printed %q", answer, &c.err)
		}
	}
}

func TestAQuestionCanBeInterrupted(t *testing.T) {
	c := newConsole("")
	reader, writer := io.Pipe()
	defer writer.Close()
	c.Stdin = reader
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := consent(ctx, c.App, newHumanView(c.App, settings{})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheLogHasTheKeysOfTheMessages(t *testing.T) {
	c := newConsole("")
	log := newLog(c.App, settings{json: true, logLevel: "warn"})
	log.Info("not shown")
	log.Warn("shown", "detail", "inner", slog.Group("g", "level", 3))
	var got map[string]any
	if err := json.Unmarshal(c.err.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", &c.err, err)
	}
	if got["@level"] != "warn" || got["@message"] != "shown" {
		t.Errorf("%v", got)
	}
	if _, err := time.Parse(ndjson.TimeFormat, got["@timestamp"].(string)); err != nil {
		t.Error(err)
	}
	c = newConsole("")
	newLog(c.App, settings{}).Error("nobody asked for a log")
	if c.err.Len() > 0 {
		t.Errorf("a log without -log-level: %s", &c.err)
	}
}

func TestTextIsPrintedAboveTheStatusLine(t *testing.T) {
	c := newConsole("")
	c.width = 20
	term := newTerminal(c.App, &c.err, false)
	term.setStatus("working")
	term.print("news\n")
	term.setStatus("this is too long for the screen")
	term.setStatus("")
	want := "\r\x1b[Kworking" + "\r\x1b[Knews\nworking" + "\r\x1b[Kthis is too long fo" + "\r\x1b[K"
	if got := c.err.String(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if bytes.Contains(c.err.Bytes(), []byte("screen")) {
		t.Error("the line wraps")
	}
}
