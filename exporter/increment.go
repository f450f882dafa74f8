package exporter

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// FullProof is a run that walked every inbox in full and proved it.
type FullProof struct {
	RunID string `json:"run_id"`
	// FinishedAt is when its walk ended, by the local clock.
	FinishedAt time.Time `json:"finished_at"`
	Method     string    `json:"method"`
}

// Previous is the file that a run went on from.
type Previous struct {
	RunID string `json:"run_id"`
	Rows  int64  `json:"rows"`
}

// Changes counts what a merge did. The rows of the new file are Added + Updated
// + Refreshed + Kept, those of the old one Updated + Refreshed + Kept + Removed.
type Changes struct {
	// Added are conversations that the old file did not have.
	Added int64 `json:"added"`
	// Updated were replaced by another version, Refreshed by the same one, read again.
	Updated   int64 `json:"updated"`
	Refreshed int64 `json:"refreshed"`
	// Kept were not read, or not in a newer version.
	Kept int64 `json:"kept"`
	// Removed are those that a proven full walk no longer shows.
	Removed int64 `json:"removed"`
}

// IncrementPlan is what a merge or append export needs of the walk.
type IncrementPlan struct {
	// Full says why everything is read; empty when only what is newer is.
	Full string `json:"full_because,omitempty"`
	// OnlyMissing says that an append adds of a full walk only what no earlier file
	// has. Otherwise it adds every conversation.
	OnlyMissing bool `json:"only_missing,omitempty"`
	// Since is down to where the inbox of a user is read. Users who are not in it
	// are read in full.
	Since map[string]Mark `json:"since,omitempty"`
	// FullProof is the last one; nil when there is none.
	FullProof *FullProof `json:"full_proof,omitempty"`
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

// fullProof is the last full proof that a file tells of.
func (m *Manifest) fullProof() *FullProof {
	if m.FullProof == nil && m.Mode == ModeSnapshot && m.Proof.Complete {
		return &FullProof{RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Method: m.Proof.Method}
	}
	return m.FullProof
}

// marks are the places from which the next walk of a mode may go on. A list that
// was ever seen to break an assumption is read in full.
func (m *Manifest) marks(mode string, lookback time.Duration) map[string]Mark {
	proven := make(map[string]PartitionProof, len(m.Proof.Partitions))
	for _, user := range m.Proof.Partitions {
		proven[user.Partition] = user
	}
	marks := make(map[string]Mark)
	for id, newest := range m.Watermarks {
		user, read := proven[id]
		if !read || user.Doubt != "" || newest.After(m.Window.FinishedAt.Add(mistrust)) {
			continue
		}
		mark := m.mark(id, newest, mode, lookback)
		if user.Complete {
			mark.Total = user.TotalEnd
		}
		marks[id] = mark
	}
	return marks
}

// mark finds out how far down the next walk has to go. An append goes down as far
// as it remembers what it has; a merge compares ids, and needs to remember nothing.
func (m *Manifest) mark(id string, newest time.Time, mode string, lookback time.Duration) Mark {
	recent, known := m.Recent[id]
	mark := Mark{Newest: newest, Floor: newest}
	switch {
	case mode == ModeMerge:
		mark.Floor = within(newest.Add(-lookback))
		if known && recent.Floor.Equal(mark.Floor) {
			mark.Known = recent.Known
		}
	case known && !recent.Floor.After(newest) && recent.intact():
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
	return cmp.Or(r.config.Margin.Increment, DefaultMargin().Increment)
}

// increment says what the export needs, now that its file is known.
func (t target) increment(current *Manifest, survey Survey, asked wish) *IncrementPlan {
	if t.Mode != ModeMerge && t.Mode != ModeAppend {
		return nil
	}
	if current == nil {
		return &IncrementPlan{Full: "there is no file yet"}
	}
	plan := &IncrementPlan{FullProof: current.fullProof()}
	if plan.FullProof != nil && t.FullEvery > 0 {
		due := within(plan.FullProof.FinishedAt.Add(t.FullEvery))
		plan.FullDue = &due
	}
	switch {
	case plan.FullProof == nil:
		plan.Full = "no run has proven the file complete yet"
	case plan.FullDue != nil && !asked.now.Before(*plan.FullDue):
		plan.Full = "the last full proof is older than " + Span(t.FullEvery)
	case t.Mode == ModeMerge && !t.readable(current):
		plan.Full = "the file's schema is another one"
	case asked.full:
		plan.Full, plan.OnlyMissing = "-full asks for it", t.Mode == ModeAppend
	default:
		plan.Since = current.marks(t.Mode, asked.lookback)
		there := survey.Of(t.table.Name).partitions()
		maps.DeleteFunc(plan.Since, func(id string, _ Mark) bool { return !there[id] })
	}
	return plan
}

// Span is a length of time as people write it: "168h", not "168h0m0s".
func Span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// since is where one walk has to go so that every export has what it needs: it
// goes as far down as the export that needs most.
func (p Plan) since() map[string]Mark {
	var lowest map[string]Mark
	for i, export := range p.Exports {
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

// whole reports whether every inbox was walked in full, and proven.
func (p Proof) whole() bool {
	return p.Complete && !slices.ContainsFunc(p.Partitions, func(u PartitionProof) bool { return u.Since != nil })
}

// account fills what a manifest says of the runs before. Watermarks advance only
// where the walk has proven the list.
func (m *Manifest) account(t target, plan ExportPlan, pages *collector) {
	m.Watermarks, m.Recent = make(map[string]time.Time), make(map[string]Recent)
	var carried *Manifest
	if plan.Increment != nil {
		carried = plan.Current
	}
	var before map[string]Mark
	if carried != nil {
		before = carried.marks(t.Mode, pages.lookback)
		m.Previous = &Previous{RunID: carried.RunID, Rows: carried.Rows}
		m.FullProof = carried.fullProof()
	}
	if t.Mode == ModeAppend {
		m.Sequence, m.Beside = 1, t.beside
		if carried != nil {
			m.Sequence = Sum(carried.Sequence, 1)
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
			m.Recent[user.Partition] = Recent{Floor: mark.Floor, Known: mark.Known}
		}
		m.Recent[user.Partition] = pages.recent(user, *m, plan)
	}
	if t.Mode != ModeAppend && carried != nil && !m.Proof.whole() {
		// Rows that are kept have theirs.
		m.UnknownFields = joinNames(m.UnknownFields, carried.UnknownFields)
	}
	// An append that did not add everything is no full proof.
	if plan.Increment != nil && m.Proof.whole() && (t.Mode == ModeMerge || plan.Increment.takesAll()) {
		m.FullProof = &FullProof{RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Method: m.Proof.Method}
	}
}
