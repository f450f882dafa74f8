package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// target is one export with the adapters it resolved to.
type target struct {
	exporter.Export
	table       *schema.Table
	format      exporter.Format
	destination exporter.Destination
	// from finds what is at the destination in any format.
	from locator
	// name is that of the file that is written.
	name string
	// keyID is that of the key of the hashes.
	keyID hashKeyID
}

func (t target) url() string { return t.destination.URL(t.name) }

// columns is what the manifest of a target's file says; nil when all columns are
// taken as they are.
func (t target) columns() *exporter.ManifestColumns {
	if t.Columns.IsZero() {
		return nil
	}
	named := t.Columns.Sorted()
	m := &exporter.ManifestColumns{Excluded: named.Exclude, Hashed: named.Hash, Personal: t.table.Personal()}
	if len(t.Columns.Hash) > 0 {
		m.HashAlgorithm, m.HashKeyID = schema.HashAlgorithm, t.keyID.id
	}
	return m
}

// readable reports whether the rows of a file can become rows of the table: it
// has the table's schema, or that of an earlier version, and its hashes have the
// same key.
func (t target) readable(file *exporter.Manifest) bool {
	was, ok := t.table.AsOf(file.SchemaVersion)
	return ok && was.Fingerprint() == file.SchemaFingerprint && t.keyID.is(file.Columns)
}

// lineage is that of the files of an append.
func (t target) lineage() lineage { return lineage{t.destination, t.format, t.table} }

// plan reads what stands at the target now.
func (t target) plan(ctx context.Context) (ExportPlan, error) {
	plan := ExportPlan{Table: t.Table, Format: t.Format, Mode: t.Mode, File: t.url(), Action: ActionCreate, FileMode: t.FileMode, Columns: t.columns()}
	if t.Format == "parquet" {
		plan.Encoding, plan.Extra = t.Parquet.Encoding, t.Parquet.Extra
	}
	if t.Mode == exporter.ModeAppend {
		plan.Action = ActionAppend
	}
	if t.Versioned() {
		plan.Layout, plan.Pointer = t.Layout, t.destination.URL(exporter.PointerName(t.Table))
	}
	if checker, ok := t.destination.(exporter.WriteChecker); ok {
		if err := checker.CheckWritable(); err != nil {
			plan.Unwritable = strings.TrimSpace(err.Error() + ". " + exporter.Hint(err))
		}
	}
	newest, err := t.current(ctx)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return ExportPlan{}, err
	}
	if missing {
		newest = head{beside: digestOfNames(nil, "")}
	}
	plan.head = &newest
	removes, err := layout{t}.removes(ctx, newest)
	if err != nil {
		return ExportPlan{}, err
	}
	for _, name := range removes {
		plan.Removes = append(plan.Removes, t.destination.URL(name))
	}
	if missing {
		return plan, nil
	}
	current := newest.manifest
	plan.Current, plan.Shrink = current, newShrinkPlan(t.Export, current)
	if newest.name != t.name {
		plan.CurrentFile = t.destination.URL(newest.name)
	}
	switch t.Mode {
	case exporter.ModeAppend:
		plan.OtherEnds = newest.others
		return plan, nil // other files keep their schema
	case exporter.ModeMerge:
		plan.Action = ActionMerge
	default:
		plan.Action = ActionReplace
	}
	if moder, ok := t.destination.(exporter.FileModer); ok && newest.name == t.name {
		plan.OpenToAll = octal(moder.OpenToAll(t.name))
	}
	plan.SchemaChanges = columnChanges(current.Columns, plan.Columns, t.keyID)
	if current.SchemaVersion != t.table.Version || len(plan.SchemaChanges) == 0 && current.SchemaFingerprint != t.table.Fingerprint() {
		change := fmt.Sprintf("Schema version %d of the file becomes version %d.", current.SchemaVersion, t.table.Version)
		if current.SchemaVersion == t.table.Version {
			change = fmt.Sprintf("The schema of the file differs, although it has version %d, too.", current.SchemaVersion)
		}
		plan.SchemaChanges = append(plan.SchemaChanges, change)
	}
	plan.SchemaChanges = append(plan.SchemaChanges, t.extraChange(newest)...)
	if was, is := newest.format.Extension(), t.format.Extension(); was != is { // behind the same pointer
		plan.SchemaChanges = append(plan.SchemaChanges, fmt.Sprintf("The format of the file changes from %s to %s.", was[1:], is[1:]))
	}
	return plan, nil
}

// extraChange says that the column for what has no column gets another type.
func (t target) extraChange(old head) []string {
	name, wanted := t.table.NameOf(schema.RoleExtra), cmp.Or(t.Parquet.Extra, exporter.ExtraString)
	left := name == "" || slices.Contains(old.manifest.Columns.Selection().Exclude, name)
	if left || t.Format != "parquet" || old.extra == "" || old.extra == wanted {
		return nil
	}
	return []string{fmt.Sprintf("The type of %s changes from %s to %s.", name, old.extra, wanted)}
}

// octal is a permission as people write it; 0 is "".
func octal(mode fs.FileMode) string {
	if mode == 0 {
		return ""
	}
	return fmt.Sprintf("%#04o", mode)
}

// current finds the committed file that the run replaces or goes on from. A
// file that is not an export of this table is never replaced, nor gone on from.
func (t target) current(ctx context.Context) (found head, err error) {
	if t.Mode == exporter.ModeAppend {
		found, err = t.lineage().head(ctx)
	} else {
		found, err = layout{t}.headOfTable(ctx)
	}
	url, manifest := t.destination.URL(found.name), found.manifest
	switch {
	case errors.Is(err, errForeign):
		return head{}, exporter.WithHint(fmt.Errorf("%s is in the way: %w", url, err),
			"lemexport replaces only files that it wrote itself, as they are. Choose another destination.")
	case errors.Is(err, exporter.ErrUnreadable):
		return head{}, fmt.Errorf("%s: %w", url, err)
	case err != nil:
		return head{}, err
	case manifest.Table != t.table.Name:
		return head{}, exporter.WithHint(fmt.Errorf("%s holds the table %q, not %q", url, manifest.Table, t.table.Name),
			"Choose another destination.")
	case t.Mode != exporter.ModeSnapshot && manifest.SchemaVersion > t.table.Version:
		return head{}, exporter.WithHint(fmt.Errorf("%s has schema version %d, this lemexport writes version %d", url, manifest.SchemaVersion, t.table.Version),
			"Update lemexport, or choose another destination.")
	}
	return found, nil
}

// keyIDOf is the id of the key of some columns, taken from a target with the same key when
// there is one: it takes long to compute.
func keyIDOf(columns exporter.Columns, known []target) (hashKeyID, error) {
	for _, one := range known {
		if len(columns.Hash) > 0 && len(one.Columns.Hash) > 0 && one.Columns.HashKey == columns.HashKey {
			return one.keyID, nil
		}
	}
	return newHashKeyID(columns)
}
