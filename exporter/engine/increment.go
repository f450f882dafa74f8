package engine

import (
	"cmp"
	"maps"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// IncrementPlan is what a merge or append export needs of the walk.
type IncrementPlan struct {
	// Full says why everything is read; empty when only what is newer is.
	Full string `json:"full_because,omitempty"`
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

func (r *Run) wish() wish {
	return wish{now: r.engine.Now(), lookback: r.lookback(), full: r.full}
}

// lookback is how far below the watermark an increment reads.
func (r *Run) lookback() time.Duration {
	return cmp.Or(r.config.Margin.Increment, exporter.DefaultMargin().Increment)
}

// increment says what the export needs, now that its file is known.
func (t target) increment(current *exporter.Manifest, survey exporter.Survey, asked wish) *IncrementPlan {
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

// since is where the walk of a table has to go so that every export has what it needs:
// it goes as far down as the export that needs most. Nil is a full walk.
func (p Plan) since(table string) map[string]exporter.Mark {
	var lowest map[string]exporter.Mark
	for i, export := range p.exportsOf(table) {
		if export.Increment == nil {
			return nil
		}
		needs := export.Increment.Since
		if i == 0 {
			lowest = maps.Clone(needs)
			continue
		}
		for id, mark := range lowest {
			other, ok := needs[id]
			switch {
			case !ok:
				delete(lowest, id)
			case other.Floor.Before(mark.Floor):
				lowest[id] = other
			}
		}
	}
	return lowest
}

// exportsOf are the exports of a table, in order.
func (p Plan) exportsOf(table string) []ExportPlan {
	var exports []ExportPlan
	for _, export := range p.Exports {
		if export.Table == table {
			exports = append(exports, export)
		}
	}
	return exports
}

// continued is a manifest with what it says of the runs before. Watermarks advance
// only where the walk has proven the list.
func (t lockedTarget) continued(m exporter.Manifest, plan ExportPlan, pages *collector) exporter.Manifest {
	m.Watermarks, m.Recent = make(map[string]time.Time), make(map[string]exporter.Recent)
	var carried *exporter.Manifest
	if plan.Increment != nil {
		carried = plan.Current
	}
	var before map[string]exporter.Mark
	if carried != nil {
		before = watermarks(carried, t.Mode, pages.lookback)
		m.Previous = &exporter.Previous{RunID: carried.RunID, Rows: carried.Rows}
		m.FullProof = fullProofOf(carried)
	}
	if t.Mode == exporter.ModeAppend {
		m.Sequence, m.Beside = 1, t.beside
		if carried != nil {
			m.Sequence = exporter.Sum(carried.Sequence, 1)
		}
	}
	for _, user := range m.Proof.Partitions {
		switch {
		case user.Complete && user.Watermark != nil:
			m.Watermarks[user.Partition] = *user.Watermark
		case user.Complete || carried == nil:
			continue
		default:
			mark, ok := before[user.Partition]
			if !ok {
				continue
			}
			m.Watermarks[user.Partition] = mark.Newest
			m.Recent[user.Partition] = exporter.Recent{Floor: mark.Floor, Known: mark.Known}
		}
		m.Recent[user.Partition] = pages.recent(user, m, plan)
	}
	if t.Mode != exporter.ModeAppend && carried != nil && !m.Proof.Whole() {
		// Rows that are kept have theirs.
		m.UnknownFields = exporter.JoinNames(m.UnknownFields, carried.UnknownFields)
	}
	// An append that did not add everything is not a full proof.
	if plan.Increment != nil && m.Proof.Whole() && (t.Mode == exporter.ModeMerge || plan.Increment.takesAll()) {
		m.FullProof = &exporter.FullProof{RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Method: m.Proof.Method}
	}
	return m
}
