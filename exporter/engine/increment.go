package engine

import (
	"maps"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// IncrementPlan is what a merge or append export needs of the walk.
type IncrementPlan struct {
	// Full says why everything is read; empty when only what is newer is.
	Full string `json:"full_because,omitempty"`
	// FullWalk says that every inbox is read although this export only needs what is newer:
	// another export of the table needs everything, and a table is read once.
	FullWalk bool `json:"full_walk,omitempty"`
	// OnlyMissing says that an append adds of a full walk only what no earlier file
	// has. Otherwise it adds every conversation.
	OnlyMissing bool `json:"only_missing,omitempty"`
	// Since is down to where the inbox of a user is read. Users who are not in it
	// are read in full.
	Since map[string]exporter.Mark `json:"since,omitempty"`
	// FullProof is the last one; nil when there is none.
	FullProof *exporter.FullProof `json:"full_proof,omitempty"`
	// FullDue is when the next full proof is due, unless this run makes it.
	FullDue *time.Time `json:"full_due_at,omitempty"`
}

// ReadsAll reports whether every inbox is read in full.
func (p *IncrementPlan) ReadsAll() bool { return p.Full != "" || p.FullWalk }

// takesAll reports whether an append adds every conversation.
func (p *IncrementPlan) takesAll() bool { return p.Full != "" && !p.OnlyMissing }

// mistrust is how far a watermark may lie after the end of the walk that saw it:
// clocks differ. Walks of earlier versions took the time of a row that was dated
// ahead for the watermark; one that lies further in the future would hide all
// activity until then.
const mistrust = time.Hour

// fullProofOf is the last full proof that a file tells of.
func fullProofOf(m *exporter.Manifest) *exporter.FullProof {
	if m.FullProof == nil && m.Mode == exporter.ModeSnapshot && m.Proof.Complete {
		return &exporter.FullProof{RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Method: m.Proof.Method}
	}
	return m.FullProof
}

// watermarks are the places from which the next walk of a mode may go on. A list that
// was ever seen to break an assumption is read in full.
func watermarks(m *exporter.Manifest, mode string, lookback time.Duration) map[string]exporter.Mark {
	proven := make(map[string]exporter.PartitionProof, len(m.Proof.Partitions))
	for _, user := range m.Proof.Partitions {
		proven[user.Partition] = user
	}
	marks := make(map[string]exporter.Mark)
	for id, newest := range m.Watermarks {
		user, read := proven[id]
		if !read || user.Doubt != "" || newest.After(m.Window.FinishedAt.Add(mistrust)) {
			continue
		}
		mark := watermark(m, id, newest, mode, lookback)
		if user.Complete {
			mark.Total = user.TotalEnd
		}
		marks[id] = mark
	}
	return marks
}

// watermark finds out how far down the next walk has to go. An append goes down as far
// as it remembers what it has; a merge compares ids, and needs to remember nothing.
func watermark(m *exporter.Manifest, id string, newest time.Time, mode string, lookback time.Duration) exporter.Mark {
	recent, known := m.Recent[id]
	mark := exporter.Mark{Newest: newest, Floor: newest}
	switch {
	case mode == exporter.ModeMerge:
		mark.Floor = exporter.ClampTime(newest.Add(-lookback))
		if known && recent.Floor.Equal(mark.Floor) {
			mark.Known = recent.Known
		}
	case known && !recent.Floor.After(newest) && intact(recent):
		mark.Floor, mark.Known = recent.Floor, recent.Known
	}
	return mark
}

// wish is what a plan is asked for.
type wish struct {
	now time.Time
	// lookback is the margin for increments.
	lookback time.Duration
	// full asks for a full walk.
	full bool
}

// newIncrementPlan says what the export needs, now that its file is known.
func newIncrementPlan(t target, current *exporter.Manifest, survey exporter.Survey, asked wish) *IncrementPlan {
	if t.Mode != exporter.ModeMerge && t.Mode != exporter.ModeAppend {
		return nil
	}
	if current == nil {
		return &IncrementPlan{Full: "there is no file yet"}
	}
	plan := &IncrementPlan{FullProof: fullProofOf(current)}
	if plan.FullProof != nil && t.FullEvery > 0 {
		due := exporter.ClampTime(plan.FullProof.FinishedAt.Add(t.FullEvery))
		plan.FullDue = &due
	}
	switch {
	case plan.FullProof == nil:
		plan.Full = "no run has proven the file complete yet"
	case plan.FullDue != nil && !asked.now.Before(*plan.FullDue):
		plan.Full = "the last full proof is older than " + exporter.Span(t.FullEvery)
	case t.Mode == exporter.ModeMerge && !t.readable(current):
		plan.Full = "the file's schema is another one"
	case asked.full:
		plan.Full, plan.OnlyMissing = "-full asks for it", t.Mode == exporter.ModeAppend
	default:
		plan.Since = watermarks(current, t.Mode, asked.lookback)
		there := survey.Of(t.table.Name).Names()
		maps.DeleteFunc(plan.Since, func(id string, _ exporter.Mark) bool { return !there[id] })
	}
	return plan
}
