package exporter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// The rate limit of the API: 20 requests in 2 seconds per key, over all routes
// (API doc: "Rate limits").
const (
	RateLimit  = 20
	RateWindow = 2 * time.Second
)

// mostConversations is more than any team has: the rate limit would take more than a
// day to read so many, a hundred a page. A total beyond it is not counted on.
const mostConversations = 100_000_000

// Plausible reports whether a total that the API states can be one.
func Plausible(total int64) bool { return total >= 0 && total <= mostConversations }

// Action is what an apply would do with a file.
type Action string

// The actions.
const (
	// ActionCreate writes a file where there is none.
	ActionCreate Action = "create"
	// ActionReplace writes a new version of an export.
	ActionReplace Action = "replace"
	// ActionMerge writes a new version with what is newer merged in.
	ActionMerge Action = "merge"
	// ActionAppend adds a file beside others, when there is something to put into it.
	ActionAppend Action = "append"
)

// Plan is what an apply would do, as far as it can be known before the walk.
type Plan struct {
	RunID  string `json:"run_id"`
	Survey Survey `json:"survey"`
	// Conversations is the sum of the users' totals: an upper bound for the rows,
	// since users share conversations. Nil when a user's total is unknown, or when the
	// totals cannot be.
	Conversations *int64 `json:"conversations_at_most"`
	// Requests is what a walk over a list at rest takes; nil when unknown: how much
	// has moved since the last run shows only on the way, unless the first pages
	// hold it all. Rows that move during the walk cost more.
	Requests *int64 `json:"requests"`
	// LeastTime is what the rate limit allows for Requests, in seconds; nil when unknown.
	LeastTime *float64     `json:"least_seconds"`
	Exports   []ExportPlan `json:"exports"`
	// kept is what the journal of this very walk holds.
	kept *Kept
}

// ExportPlan is the fate of one file.
type ExportPlan struct {
	Table  string `json:"table"`
	Format string `json:"format"`
	Mode   string `json:"mode"`
	File   string `json:"file"`
	Action Action `json:"action"`
	// FileMode is the permission that the file will have, as octal text; "" when the
	// configuration does not say it.
	FileMode string `json:"file_mode,omitempty"`
	// Encoding and Extra are the options of a Parquet file that readers depend on; ""
	// where the configuration does not say them.
	Encoding string `json:"encoding,omitempty"`
	Extra    string `json:"extra,omitempty"`
	// Columns says what is left out and hashed; nil when nothing.
	Columns *ManifestColumns `json:"columns,omitempty"`
	// Current is the manifest of the file that is there now, with append of the
	// newest, CurrentFile; nil when there is none.
	Current     *Manifest `json:"current,omitempty"`
	CurrentFile string    `json:"current_file,omitempty"`
	// OtherEnds are files of an append that the run does not go on from: two runs
	// added files at the same time. The same rows may be in both.
	OtherEnds []string `json:"other_ends,omitempty"`
	// Increment is what a merge or append export reads; nil for a snapshot.
	Increment *IncrementPlan `json:"increment,omitempty"`
	// SchemaChanges says what the new file's schema changes, one sentence each.
	SchemaChanges []string `json:"schema_changes,omitempty"`
	// DroppedUsers are users of the current file whose inbox this run does not
	// read: conversations that only these users could see will be removed, by a merge at
	// the next full proof.
	DroppedUsers []string `json:"dropped_users,omitempty"`
	// Shrink is the guard of the current file; nil when there is none.
	Shrink *ShrinkPlan `json:"shrink,omitempty"`
	// Unchanged is true when the first pages show the newest activity and the
	// totals that the current file was proven with. Flags that change without an
	// activity (a conversation marked as read) do not show there.
	Unchanged bool `json:"unchanged"`
	// version is that of the current file.
	version Version
	// currentName is the name of CurrentFile, and beside what stands around it.
	currentName, beside string
}

// Pending reports whether an apply has something to do for any export.
func (p Plan) Pending() bool {
	for _, export := range p.Exports {
		if !export.Unchanged {
			return true
		}
	}
	return false
}

// Plan surveys the source and looks at the files that are there. It changes nothing.
func (r *Run) Plan(ctx context.Context) (Plan, error) {
	plan := Plan{RunID: r.id}
	for _, target := range r.targets {
		export, err := target.plan(ctx)
		if err != nil {
			return Plan{}, err
		}
		plan.Exports = append(plan.Exports, export)
	}
	r.obs.Observe(PhaseStarted{Phase: PhaseSurvey})
	survey, err := r.source.Survey(ctx, r.tables())
	if err != nil {
		return Plan{}, err
	}
	plan.Survey = survey
	for i, target := range r.targets {
		export := &plan.Exports[i]
		export.Increment = target.increment(export.Current, survey, r.wish())
		if err := export.compare(survey); err != nil {
			return Plan{}, err
		}
	}
	plan.estimate()
	if len(r.targets) > 0 {
		plan.kept = r.keptFor(r.targets[0].table, plan)
	}
	for i := range plan.Exports {
		plan.Exports[i].expectShrink(plan.Conversations)
	}
	return plan, nil
}

// tables are the tables of the run, each once, in the order of the exports.
func (r *Run) tables() []*schema.Table {
	var tables []*schema.Table
	for _, target := range r.targets {
		if !slices.ContainsFunc(tables, func(t *schema.Table) bool { return t.Name == target.table.Name }) {
			tables = append(tables, target.table)
		}
	}
	return tables
}

// plan reads what stands at the target now.
func (t target) plan(ctx context.Context) (ExportPlan, error) {
	plan := ExportPlan{Table: t.Table, Format: t.Format, Mode: t.Mode, File: t.url(), Action: ActionCreate, FileMode: t.FileMode, Columns: t.columns()}
	if t.Format == "parquet" {
		plan.Encoding, plan.Extra = t.Parquet.Encoding, t.Parquet.Extra
	}
	if t.Mode == ModeAppend {
		plan.Action = ActionAppend
	}
	newest, version, err := t.current(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		plan.beside = digestOf(nil, "")
		return plan, nil
	case err != nil:
		return ExportPlan{}, err
	}
	current := newest.manifest
	plan.Current, plan.version, plan.Shrink = current, version, t.shrink(current)
	switch t.Mode {
	case ModeAppend:
		plan.CurrentFile, plan.OtherEnds = t.destination.URL(newest.name), newest.others
		plan.currentName, plan.beside = newest.name, newest.beside
		return plan, nil // other files keep their schema
	case ModeMerge:
		plan.Action = ActionMerge
	default:
		plan.Action = ActionReplace
	}
	plan.SchemaChanges = t.columnChanges(current.Columns)
	if current.SchemaVersion != t.table.Version || len(plan.SchemaChanges) == 0 && current.SchemaFingerprint != t.table.Fingerprint() {
		change := fmt.Sprintf("Schema version %d of the file becomes version %d.", current.SchemaVersion, t.table.Version)
		if current.SchemaVersion == t.table.Version {
			change = fmt.Sprintf("The file's schema is another one, also called version %d.", current.SchemaVersion)
		}
		plan.SchemaChanges = append(plan.SchemaChanges, change)
	}
	return plan, nil
}

// current reads the manifest of the committed file, with append of the newest. A
// file that is no export of this table is never replaced, nor gone on from.
func (t target) current(ctx context.Context) (found head, version Version, err error) {
	found.name = t.name
	if t.Mode == ModeAppend {
		found, err = t.head(ctx)
	} else {
		found.manifest, version, err = readManifest(ctx, t.destination, t.format, t.name)
	}
	url, manifest := t.destination.URL(found.name), found.manifest
	switch {
	case errors.Is(err, errForeign):
		return head{}, "", WithHint(fmt.Errorf("%s is in the way: %w", url, err),
			"lemexport replaces only files that it wrote itself, as they are. Choose another destination.")
	case errors.Is(err, ErrUnreadable):
		return head{}, "", fmt.Errorf("%s: %w", url, err)
	case err != nil:
		return head{}, "", err
	case manifest.Table != t.table.Name:
		return head{}, "", WithHint(fmt.Errorf("%s holds the table %q, not %q", url, manifest.Table, t.table.Name),
			"Choose another destination.")
	case t.Mode != ModeSnapshot && manifest.SchemaVersion > t.table.Version:
		return head{}, "", WithHint(fmt.Errorf("%s has schema version %d, this lemexport writes version %d", url, manifest.SchemaVersion, t.table.Version),
			"Update lemexport, or choose another destination.")
	}
	return found, version, nil
}

// estimate fills what follows from the survey. A user whose inbox fits one page
// is read with one request; every other list costs one more, for the sweep. One
// request is enough where the first page shows all that has moved.
func (p *Plan) estimate() {
	var conversations, requests int64
	since, known := p.since(), true
	for _, user := range p.Survey.partitions() {
		if user.TotalItems == nil || user.Pages == nil || !Plausible(*user.TotalItems) {
			return
		}
		if conversations += *user.TotalItems; !Plausible(conversations) {
			return
		}
		mark, bounded := since[user.Partition]
		switch {
		case *user.Pages <= 1 || bounded && user.Oldest != nil && user.Oldest.Before(mark.Floor):
			requests++
		case bounded:
			known = false
		default:
			requests += *user.Pages + 1
		}
	}
	p.Conversations = &conversations
	if known {
		least := LeastTime(requests).Seconds()
		p.Requests, p.LeastTime = &requests, &least
	}
}

// LeastTime is the least time in which the rate limit allows that many requests.
func LeastTime(requests int64) time.Duration {
	return time.Duration(max(requests-1, 0)/RateLimit) * RateWindow
}

// compare decides whether the file already shows what the survey saw, and
// refuses to replace another team's export.
func (p *ExportPlan) compare(survey Survey) error {
	if p.Current == nil {
		return nil
	}
	if p.Current.Simulated != survey.Simulated || p.Current.Source.TeamID != survey.TeamID {
		what, file := "replace it with", p.File
		switch p.Mode {
		case ModeMerge:
			what = "merge it with"
		case ModeAppend:
			what, file = "add to it", p.CurrentFile
		}
		return WithHint(fmt.Errorf("%s holds an export of %s; this run would %s %s", file,
			teamName(p.Current.Source.TeamID, p.Current.Simulated), what, teamName(survey.TeamID, survey.Simulated)),
			"Choose another destination.")
	}
	there := survey.Of(p.Table).partitions()
	for _, before := range p.Current.Proof.Partitions {
		if p.Mode != ModeAppend && !there[before.Partition] {
			p.DroppedUsers = append(p.DroppedUsers, before.Partition)
		}
	}
	p.Unchanged = len(p.SchemaChanges) == 0 && p.Current.Proof.Complete && sameLists(p.Current.Proof, survey.Of(p.Table)) &&
		(p.Increment == nil || p.Increment.Full == "")
	return nil
}

func teamName(id string, simulated bool) string {
	if simulated {
		return "the simulated team " + id
	}
	return "the team " + id
}

func sameLists(proof Proof, survey TableSurvey) bool {
	if len(proof.Partitions) != len(survey.Partitions) {
		return false
	}
	before := make(map[string]PartitionProof, len(proof.Partitions))
	for _, user := range proof.Partitions {
		before[user.Partition] = user
	}
	for _, now := range survey.Partitions {
		old, ok := before[now.Partition]
		if !ok || !equal(old.TotalEnd, now.TotalItems, func(a, b int64) bool { return a == b }) ||
			!equal(old.Watermark, now.Newest, time.Time.Equal) {
			return false
		}
	}
	return true
}

func equal[T any](a, b *T, same func(T, T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return same(*a, *b)
}
