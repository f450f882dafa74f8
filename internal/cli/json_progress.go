package cli

import (
	"math"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

const jsonInterval = time.Second

// jsonProgress sends the events of a run, and what they add up to once a second.
type jsonProgress struct {
	view *jsonView
	tally
	// unsent says that pages or rows came since the last progress message.
	unsent bool
	last   time.Time
}

// progressMessage is the sum of a phase so far. Numbers that are not known are null.
type progressMessage struct {
	Phase     exporter.Phase `json:"phase"`
	Table     string         `json:"table,omitempty"`
	Rows      int64          `json:"rows"`
	AtMost    *int64         `json:"rows_at_most"`
	Pages     int64          `json:"pages"`
	PerSecond *float64       `json:"rows_per_second"`
	Left      *float64       `json:"estimated_seconds_left"`
}

func (p *jsonProgress) event(at time.Time, event exporter.Event) {
	p.last = at
	switch event := event.(type) {
	case exporter.PhaseStarted:
		p.flush(at)
		fields := []field{{"phase", event.Phase}}
		if event.Table != "" {
			fields = append(fields, field{"table", event.Table})
		}
		p.view.sendAt(at, levelInfo, "phase", "Phase: "+phaseName(event.Phase), fields...)
	case exporter.PageFetched, exporter.RowsWritten:
		p.unsent = true
	case exporter.RequestRetried:
		p.view.sendAt(at, levelWarn, "retry", notable(event), field{"retry", retryMessage{
			Request: event.Request, Attempt: event.Attempt, Wait: event.Wait.Seconds(), Left: event.Left.Seconds(), Reason: event.Reason,
		}})
	case exporter.Throttled:
		p.view.sendAt(at, levelWarn, "throttled", notable(event), field{"wait_seconds", event.Wait.Seconds()})
	case exporter.Resumed:
		p.view.sendAt(at, levelInfo, "resumed", notable(event), field{"pages", event.Pages}, field{"from", event.From})
	case exporter.StartedOver:
		p.view.sendAt(at, levelInfo, "started_over", notable(event), field{"reason", event.Reason})
	case exporter.NotResumable:
		p.view.sendAt(at, levelWarn, "not_resumable", notable(event), field{"reason", event.Reason})
	case exporter.RateNotShared:
		p.view.sendAt(at, levelWarn, "rate_not_shared", notable(event), field{"reason", event.Reason})
	case exporter.PartitionSkipped:
		p.view.sendAt(at, levelWarn, "user_skipped", notable(event), field{"user_id", event.Partition}, field{"reason", event.Reason})
	case exporter.UnknownField:
		p.view.sendAt(at, levelWarn, "unknown_field", notable(event), field{"field", event.Field})
	}
	p.add(at, event)
}

type retryMessage struct {
	Request string  `json:"request"`
	Attempt int     `json:"attempt"`
	Wait    float64 `json:"wait_seconds"`
	// Left is how long after the wait the attempts may go on; absent when their number
	// is what ends them.
	Left   float64 `json:"seconds_left,omitempty"`
	Reason string  `json:"reason"`
}

func (p *jsonProgress) tick(at time.Time) { p.flush(at) }

func (p *jsonProgress) end() { p.flush(p.last) }

func (p *jsonProgress) flush(at time.Time) {
	if !p.unsent {
		return
	}
	p.unsent = false
	message := progressMessage{Phase: p.phase, Table: p.table, Rows: p.rows, Pages: p.pages}
	if p.total > 0 {
		message.AtMost = &p.total
	}
	if speed := p.perSecond(at); speed > 0 {
		speed = math.Round(speed*10) / 10
		message.PerSecond = &speed
	}
	if left, ok := p.left(at); ok {
		seconds := left.Seconds()
		message.Left = &seconds
	}
	p.view.sendAt(at, levelInfo, "progress", p.name()+": "+strings.Join(progressParts(p.tally, at), ", "),
		field{"progress", message})
}
