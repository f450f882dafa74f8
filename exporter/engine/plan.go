package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

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
	RunID  string          `json:"run_id"`
	Survey exporter.Survey `json:"survey"`
	// Conversations is the sum of the users' totals: an upper bound for the rows,
	// since users share conversations. Nil when a user's total is unknown, when the
	// totals cannot be, or when no export has conversations.
	Conversations *int64 `json:"conversations_at_most"`
	// Requests is what reading all tables takes when nothing moves meanwhile; nil when
	// unknown: the number of new pages is known only while reading, unless the first
	// pages hold all that is new. Rows that move during the walk cost more.
	Requests *int64 `json:"requests"`
	// LeastTime is what the rate limit allows for Requests, in seconds; nil when unknown.
	LeastTime *float64 `json:"least_seconds"`
	// Tables has an entry per table when there are several; nil otherwise.
	Tables  []TablePlan  `json:"tables,omitempty"`
	Exports []ExportPlan `json:"exports"`
	// kept is what the journal of this very walk holds.
	kept *exporter.Kept
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
	Columns *exporter.ManifestColumns `json:"columns,omitempty"`
	// Current is the manifest of the file that is there now, with append of the
	// newest, CurrentFile; nil when there is none.
	Current     *exporter.Manifest `json:"current,omitempty"`
	CurrentFile string             `json:"current_file,omitempty"`
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
	version exporter.Version
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
	r.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseSurvey})
	tables := r.tables()
	if len(tables) == 0 { // a plan of readings
		tables = []*schema.Table{schema.Default()}
	}
	survey, err := r.source.Survey(ctx, tables)
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
	plan = plan.estimated()
	for _, table := range r.tables() {
		if plan.kept == nil {
			plan.kept = r.keptFor(table, plan)
		}
	}
	for i := range plan.Exports {
		plan.Exports[i].expectShrink(plan.of(plan.Exports[i].Table).Rows)
	}
	return plan, nil
}

// TablePlan is what reading one table takes.
type TablePlan struct {
	Table string `json:"table"`
	// Rows is an upper bound for the rows; nil when unknown.
	Rows *int64 `json:"rows_at_most"`
	// Requests is what the walk takes when nothing moves meanwhile; nil when unknown.
	Requests *int64 `json:"requests"`
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
	if t.Mode == exporter.ModeAppend {
		plan.Action = ActionAppend
	}
	newest, version, err := t.current(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		plan.beside = digestOfNames(nil, "")
		return plan, nil
	case err != nil:
		return ExportPlan{}, err
	}
	current := newest.manifest
	plan.Current, plan.version, plan.Shrink = current, version, t.shrink(current)
	switch t.Mode {
	case exporter.ModeAppend:
		plan.CurrentFile, plan.OtherEnds = t.destination.URL(newest.name), newest.others
		plan.currentName, plan.beside = newest.name, newest.beside
		return plan, nil // other files keep their schema
	case exporter.ModeMerge:
		plan.Action = ActionMerge
	default:
		plan.Action = ActionReplace
	}
	plan.SchemaChanges = t.columnChanges(current.Columns)
	if current.SchemaVersion != t.table.Version || len(plan.SchemaChanges) == 0 && current.SchemaFingerprint != t.table.Fingerprint() {
		change := fmt.Sprintf("Schema version %d of the file becomes version %d.", current.SchemaVersion, t.table.Version)
		if current.SchemaVersion == t.table.Version {
			change = fmt.Sprintf("The schema of the file differs, although it has version %d, too.", current.SchemaVersion)
		}
		plan.SchemaChanges = append(plan.SchemaChanges, change)
	}
	return plan, nil
}

// current reads the manifest of the committed file, with append of the newest. A
// file that is no export of this table is never replaced, nor gone on from.
func (t target) current(ctx context.Context) (found head, version exporter.Version, err error) {
	found.name = t.name
	if t.Mode == exporter.ModeAppend {
		found, err = t.head(ctx)
	} else {
		found.manifest, version, err = readManifest(ctx, t.destination, t.format, t.name)
	}
	url, manifest := t.destination.URL(found.name), found.manifest
	switch {
	case errors.Is(err, errForeign):
		return head{}, "", exporter.WithHint(fmt.Errorf("%s is in the way: %w", url, err),
			"lemexport replaces only files that it wrote itself, as they are. Choose another destination.")
	case errors.Is(err, exporter.ErrUnreadable):
		return head{}, "", fmt.Errorf("%s: %w", url, err)
	case err != nil:
		return head{}, "", err
	case manifest.Table != t.table.Name:
		return head{}, "", exporter.WithHint(fmt.Errorf("%s holds the table %q, not %q", url, manifest.Table, t.table.Name),
			"Choose another destination.")
	case t.Mode != exporter.ModeSnapshot && manifest.SchemaVersion > t.table.Version:
		return head{}, "", exporter.WithHint(fmt.Errorf("%s has schema version %d, this lemexport writes version %d", url, manifest.SchemaVersion, t.table.Version),
			"Update lemexport, or choose another destination.")
	}
	return found, version, nil
}

// of is what reading a table takes. A user whose inbox fits one page is read with one
// request; every other list costs one more, for the sweep. One request is enough where
// the first page shows all that has moved.
func (p Plan) of(table string) TablePlan {
	plan := TablePlan{Table: table}
	survey := p.Survey.Of(table)
	if survey.Error != "" {
		return plan
	}
	var rows, requests int64
	since, known := p.since(table), true
	for _, part := range survey.Partitions {
		if part.TotalItems == nil || part.Pages == nil || !exporter.Plausible(*part.TotalItems) {
			return plan
		}
		if rows += *part.TotalItems; !exporter.Plausible(rows) {
			return plan
		}
		mark, bounded := since[part.Partition]
		switch {
		case *part.Pages <= 1 || bounded && part.Oldest != nil && part.Oldest.Before(mark.Floor):
			requests++
		case bounded:
			known = false
		default:
			requests += *part.Pages + 1
		}
	}
	plan.Rows = &rows
	if known {
		plan.Requests = &requests
	}
	return plan
}

// estimated is the plan with what follows from its survey.
func (p Plan) estimated() Plan {
	requests, known := int64(0), true
	for _, survey := range p.Survey.Tables {
		one := p.of(survey.Table)
		if table, ok := schema.Lookup(survey.Table); ok && table.PartitionBy == schema.PartitionUser {
			p.Conversations = one.Rows
		}
		switch {
		case survey.Error != "": // it is not read
		case one.Requests == nil:
			known = false
		default:
			requests += *one.Requests
		}
		if len(p.Survey.Tables) > 1 {
			p.Tables = append(p.Tables, one)
		}
	}
	if known {
		least := p.Survey.Rate.LeastTime(requests).Seconds()
		p.Requests, p.LeastTime = &requests, &least
	}
	return p
}

// compare decides whether the file already shows what the survey saw, and
// refuses to replace another team's export.
func (p *ExportPlan) compare(survey exporter.Survey) error {
	if p.Current == nil {
		return nil
	}
	if p.Current.Simulated != survey.Simulated || p.Current.Source.TeamID != survey.TeamID {
		what, file := "replace it with", p.File
		switch p.Mode {
		case exporter.ModeMerge:
			what = "merge it with"
		case exporter.ModeAppend:
			what, file = "add to it", p.CurrentFile
		}
		return exporter.WithHint(fmt.Errorf("%s holds an export of %s; this run would %s %s", file,
			teamName(p.Current.Source.TeamID, p.Current.Simulated), what, teamName(survey.TeamID, survey.Simulated)),
			"Choose another destination.")
	}
	there := survey.Of(p.Table).Names()
	for _, before := range p.Current.Proof.Partitions {
		if p.Mode != exporter.ModeAppend && !there[before.Partition] {
			p.DroppedUsers = append(p.DroppedUsers, before.Partition)
		}
	}
	table, known := schema.Lookup(p.Table)
	// Rows without a version can change without a trace in what the survey sees.
	p.Unchanged = known && table.Incremental() && len(p.SchemaChanges) == 0 && p.Current.Proof.Complete && sameLists(p.Current.Proof, survey.Of(p.Table)) &&
		(p.Increment == nil || p.Increment.Full == "")
	return nil
}

func teamName(id string, simulated bool) string {
	if simulated {
		return "the simulated team " + id
	}
	return "the team " + id
}

func sameLists(proof exporter.Proof, survey exporter.TableSurvey) bool {
	if len(proof.Partitions) != len(survey.Partitions) {
		return false
	}
	before := make(map[string]exporter.PartitionProof, len(proof.Partitions))
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
