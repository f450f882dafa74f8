package engine

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// maskOf is what the rows of a walk go through before anything is written; nil
// when they stay as they are.
func maskOf(export exporter.Export) (*schema.Mask, error) {
	table, ok := schema.Lookup(export.Table)
	if !ok || export.Columns.IsZero() {
		return nil, nil
	}
	if len(export.Columns.Hash) > 0 {
		if err := exporter.CheckHashKey(export.Columns.HashKey.Reveal()); err != nil {
			return nil, fmt.Errorf("hash key: %w", err)
		}
	}
	mask, err := schema.NewMask(table, export.Columns.Selection, []byte(export.Columns.HashKey.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	return mask, nil
}

// masked gives a page's rows as they may be kept; the caller releases them.
func masked(mask *schema.Mask, rec arrow.Record) (arrow.Record, error) {
	if mask == nil {
		rec.Retain()
		return rec, nil
	}
	return mask.Apply(rec)
}

// columnChanges says what the new file changes in what is left out and hashed.
func columnChanges(old, now *exporter.ManifestColumns, key hashKeyID) []string {
	before, after := old.Selection(), now.Selection()
	var changes []string
	for _, one := range []struct {
		were, are []string
		text      string
	}{
		{after.Exclude, before.Exclude, "The file has %s, the new file leaves it out."},
		{before.Exclude, after.Exclude, "The file leaves out %s, the new file has it."},
		{after.Hash, before.Hash, "%s is hashed from now on."},
		{before.Hash, after.Hash, "%s is hashed in the file, and no longer in the new one."},
	} {
		for _, name := range one.were {
			if !slices.Contains(one.are, name) {
				changes = append(changes, fmt.Sprintf(one.text, name))
			}
		}
	}
	if old.KeyID() != "" && now.KeyID() != "" && !key.is(old) {
		changes = append(changes, "The hash key differs: the hashes of the file do not equal those of the new file.")
	}
	return changes
}
