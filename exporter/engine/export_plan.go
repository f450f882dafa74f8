package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
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
	// OpenToAll is the permission of the current file, as octal text, when every user of the
	// machine may read it and the new one keeps that; "" otherwise.
	OpenToAll string `json:"open_to_all,omitempty"`
	// Encoding and Extra are the options of a Parquet file that readers depend on; ""
	// where the configuration does not say them.
	Encoding string `json:"encoding,omitempty"`
	Extra    string `json:"extra,omitempty"`
	// Columns says what is left out and hashed; nil when nothing.
	Columns *exporter.ManifestColumns `json:"columns,omitempty"`
	// Current is the manifest of the file that is there now; nil when there is none.
	// CurrentFile is where it is, unless it is File: with append the newest file, with
	// versions the one that the pointer names.
	Current     *exporter.Manifest `json:"current,omitempty"`
	CurrentFile string             `json:"current_file,omitempty"`
	// Layout is "versioned", or "" for the layout with one file; Pointer is then what will
	// name File.
	Layout  string `json:"layout,omitempty"`
	Pointer string `json:"pointer,omitempty"`
	// Removes are the files that go after the commit: versions that are no longer kept,
	// what earlier runs left, and the files of another layout.
	Removes []string `json:"removes,omitempty"`
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
	// Unwritable says why the destination cannot be written, as far as that shows without
	// writing; empty when it can.
	Unwritable string `json:"unwritable,omitempty"`
	// Unchanged is true when the first pages show the newest activity and the
	// totals that the current file was proven with. Flags that change without an
	// activity (a conversation marked as read) do not show there. Of a table that the
	// survey reads as a whole it is true when its rows are those of the file.
	Unchanged bool `json:"unchanged"`
	// head is the current file as the destination knows it.
	head *head
}

// compared says whether the file already shows what the survey saw of the table, whose
// rows are written with the mask. It refuses to replace another team's export.
func (p ExportPlan) compared(survey exporter.Survey, table *schema.Table, mask *schema.Mask) (ExportPlan, error) {
	if p.Current == nil {
		return p, nil
	}
	if p.Current.Simulated != survey.Simulated || p.Current.Source.TeamID != survey.TeamID {
		what, file := "replace it with", cmp.Or(p.CurrentFile, p.File)
		switch p.Mode {
		case exporter.ModeMerge:
			what = "merge it with"
		case exporter.ModeAppend:
			what = "add to it"
		}
		return ExportPlan{}, exporter.WithHint(fmt.Errorf("%s holds an export of %s; this run would %s %s", file,
			teamName(p.Current.Source.TeamID, p.Current.Simulated), what, teamName(survey.TeamID, survey.Simulated)),
			"Choose another destination.")
	}
	there := survey.Of(p.Table).Names()
	for _, before := range p.Current.Proof.Partitions {
		if p.Mode != exporter.ModeAppend && !there[before.Partition] {
			p.DroppedUsers = append(p.DroppedUsers, before.Partition)
		}
	}
	seen := survey.Of(p.Table)
	same := table.Incremental() && sameLists(p.Current.Proof, seen)
	if !table.Incremental() {
		var err error
		if same, err = sameRows(*p.Current, seen.Rows(), table, mask); err != nil {
			return ExportPlan{}, err
		}
	}
	p.Unchanged = same && len(p.SchemaChanges) == 0 && p.Current.Proof.Complete && !p.movesLayout() &&
		(p.Increment == nil || !p.Increment.ReadsAll())
	return p, nil
}

// sameRows reports whether the rows of a table that has no versions are those of its file;
// the times of fetching may differ. Of rows that are not known, nil, nothing is claimed.
func sameRows(current exporter.Manifest, rec arrow.Record, table *schema.Table, mask *schema.Mask) (bool, error) {
	there, known := digestOf(current.Content, current.Rows)
	if rec == nil || !known {
		return false, nil
	}
	rec, err := masked(mask, rec)
	if err != nil {
		return false, err
	}
	defer rec.Release()
	digester := rows.NewDigester(table)
	digester.Add(rec)
	return digester.Digest().SameRows(there), nil
}

// movesLayout reports whether the files of another layout go.
func (p ExportPlan) movesLayout() bool { return p.head != nil && len(p.head.former.names) > 0 }

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
