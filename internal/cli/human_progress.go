package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

const (
	barInterval       = 100 * time.Millisecond
	heartbeatInterval = 10 * time.Second
)

// barView is one line on a terminal, drawn again and again.
type barView struct {
	term *terminal
	tally
	notices noticeCounts
}

func (b *barView) event(at time.Time, event exporter.Event) {
	b.add(at, event)
	b.notices.announce(b.term, b.phase, event)
}

func (b *barView) tick(at time.Time) {
	if width, ok := b.term.size(); ok && b.phase != "" {
		b.term.setStatus(barText(b.tally, at, width-1))
	}
}

func (b *barView) end() {
	b.term.setStatus("")
	b.notices.rest(b.term)
}

// heartbeatView is a line now and then, for logs and pipes.
type heartbeatView struct {
	term *terminal
	tally
	notices noticeCounts
}

func (h *heartbeatView) event(at time.Time, event exporter.Event) {
	h.add(at, event)
	h.notices.announce(h.term, h.phase, event)
}

func (h *heartbeatView) tick(at time.Time) {
	if h.phase != "" {
		h.term.print(h.name() + ": " + strings.Join(progressParts(h.tally, at), ", ") + "\n")
	}
}

func (h *heartbeatView) end() { h.notices.rest(h.term) }

// barText fits a phase into one line: the least important parts come last and are left
// out first, and the bar fills the rest.
func barText(t tally, at time.Time, width int) string {
	const widest, narrowest = 24, 6
	name := fmt.Sprintf("%-8s", t.name())
	share, sized := t.share()
	if sized {
		name += fmt.Sprintf(" %3d%%", int(share*100))
	}
	text, sep := "", ""
	short := strings.NewReplacer("at most ", "max ", "about ", "~")
	for _, part := range progressParts(t, at) {
		part = short.Replace(part)
		if columns(name+"  "+text+sep+part) > width {
			break
		}
		text += sep + part
		sep = "  "
	}
	line := name + "  " + text
	if cells := min(width-columns(line)-3, widest); sized && cells >= narrowest {
		full := int(share * float64(cells))
		line = fmt.Sprintf("%s [%s>%s]  %s", name, strings.Repeat("=", max(full-1, 0)), strings.Repeat(" ", cells-max(full, 1)), text)
	}
	return line
}

func phaseName(phase exporter.Phase) string {
	switch phase {
	case exporter.PhaseSurvey:
		return "planning"
	case exporter.PhaseWalk:
		return "reading"
	case exporter.PhaseWrite:
		return "writing"
	case exporter.PhaseCommit:
		return "saving"
	}
	return string(phase)
}

// progressParts describes the progress of a phase, without what is unknown.
func progressParts(t tally, at time.Time) []string {
	if t.phase == exporter.PhaseSurvey || t.phase == exporter.PhaseCommit {
		parts := []string{span(at.Sub(t.started).Truncate(time.Second))}
		if seen := t.surveyed; seen.Of > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s", count(seen.Done), many(seen.Of, "user")))
		}
		return parts
	}
	var parts []string
	switch {
	case t.total == 0 || t.rows == t.total:
		parts = append(parts, many(t.rows, "row"))
	case t.rows > t.total:
		parts = append(parts, many(t.rows, "row")+", some read again")
	case t.phase == exporter.PhaseWalk:
		parts = append(parts, fmt.Sprintf("%s of at most %s rows", count(t.rows), count(t.total)))
	default:
		parts = append(parts, fmt.Sprintf("%s of %s rows", count(t.rows), count(t.total)))
	}
	if left, ok := t.left(at); ok {
		parts = append(parts, "about "+span(left)+" left")
	}
	if t.phase == exporter.PhaseWalk {
		parts = append(parts, many(t.pages, "page"))
	}
	if speed := t.perSecond(at); speed > 0 {
		parts = append(parts, count(int64(speed+0.5))+" rows/s")
	}
	return parts
}

// noticeCounts counts the notices whose number depends on the server.
type noticeCounts struct {
	unknown, skipped int64
	// team stands before each notice; "" when the configuration names none.
	team string
}

// announce prints the events that a person should see at once, and only the first of many
// unknown fields and skipped users. The plan shows those of the survey a moment later.
func (t *noticeCounts) announce(term *terminal, phase exporter.Phase, event exporter.Event) {
	var times *int64
	switch event.(type) {
	case exporter.UnknownField:
		times = &t.unknown
	case exporter.PartitionSkipped:
		times = &t.skipped
	}
	if times != nil {
		if phase == exporter.PhaseSurvey {
			return
		}
		if *times++; *times > mostListed {
			return
		}
	}
	if line := notable(outward(event)); line != "" {
		term.print(t.prefix() + line + "\n")
	}
}

func (t *noticeCounts) prefix() string {
	if t.team == "" {
		return ""
	}
	return inline(outward(t.team)) + ": "
}

// rest prints how many notices were left out.
func (t *noticeCounts) rest(term *terminal) {
	if more := t.unknown - mostListed; more > 0 {
		term.print(t.prefix() + many(more, "more unknown field") + ".\n")
	}
	if more := t.skipped - mostListed; more > 0 {
		term.print(t.prefix() + many(more, "more user") + " skipped.\n")
	}
}

// notable describes in one line an event that a person should see at once; "" for others.
func notable(event exporter.Event) string {
	switch event := event.(type) {
	case exporter.RequestRetried:
		until := ""
		if event.Left > 0 {
			until = ", giving up " + span(event.Left) + " later"
		}
		return fmt.Sprintf("Retrying %s in %s%s (attempt %d failed: %s)", inline(event.Request), span(event.Wait), until, event.Attempt, inline(event.Reason))
	case exporter.Throttled:
		return "The API asks to slow down: waiting " + span(event.Wait)
	case exporter.Resumed:
		return fmt.Sprintf("Continuing the apply that started to read at %s: %s reused", stamp(event.From), many(event.Pages, "page"))
	case exporter.StartedOver:
		return "Starting over: " + inline(event.Reason)
	case exporter.NotResumable:
		return "If this apply is interrupted, the next one starts over: " + advised(event.Reason, event.Advice)
	case exporter.RateNotShared:
		return "The rate limit is not shared with other runs of this key on this machine: " + advised(event.Reason, event.Advice)
	case exporter.PartitionSkipped:
		return fmt.Sprintf("Skipping user %s: %s", inline(event.Partition), inline(event.Reason))
	case exporter.UnknownField:
		name := inline(event.Field)
		if name == noName {
			name = "with an empty name"
		}
		return fmt.Sprintf("Unknown field %s: kept in the column %s", name, schema.Default().NameOf(schema.RoleExtra))
	}
	return ""
}

// advised is a reason, and behind it what to do about it.
func advised(reason, advice string) string {
	if advice == "" {
		return inline(reason)
	}
	return inline(reason) + ". " + inline(advice)
}
