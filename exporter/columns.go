package exporter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// ManifestColumns is what a file says about the columns that it does not hold
// as the API sent them. With it the file's schema follows from the table.
type ManifestColumns struct {
	// Excluded and Hashed are names of columns, sorted.
	Excluded []string `json:"excluded,omitempty"`
	Hashed   []string `json:"hashed,omitempty"`
	// HashAlgorithm and HashKeyID are set when columns are hashed. The id tells
	// whether two files were hashed with one key; the key does not follow from it.
	HashAlgorithm string `json:"hash_algorithm,omitempty"`
	HashKeyID     string `json:"hash_key_id,omitempty"`
}

// hashKeyLabel is what the id of a hash key is the HMAC of.
const hashKeyLabel = "lemexport hash key id v1"

// manifest is nil when all columns are taken as they are.
func (c Columns) manifest() *ManifestColumns {
	if c.IsZero() {
		return nil
	}
	m := &ManifestColumns{Excluded: sorted(c.Exclude), Hashed: sorted(c.Hash)}
	if len(c.Hash) > 0 {
		mac := hmac.New(sha256.New, []byte(c.HashKey.Reveal()))
		_, _ = mac.Write([]byte(hashKeyLabel)) // a hash never fails
		m.HashAlgorithm, m.HashKeyID = schema.HashAlgorithm, hex.EncodeToString(mac.Sum(nil)[:8])
	}
	return m
}

func sorted(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// selection is what the file's table was selected with.
func (m *ManifestColumns) selection() schema.Selection {
	if m == nil {
		return schema.Selection{}
	}
	return schema.Selection{Exclude: m.Excluded, Hash: m.Hashed}
}

// hashKeyID is "" when nothing is hashed.
func (m *ManifestColumns) hashKeyID() string {
	if m == nil {
		return ""
	}
	return m.HashKeyID
}

// maskOf is what the rows of a walk go through before anything is written; nil
// when they stay as they are.
func maskOf(export Export) (*schema.Mask, error) {
	table, ok := schema.Lookup(export.Table)
	if !ok || export.Columns.IsZero() {
		return nil, nil
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

// SameColumns fails when two exports of a job want different columns: they share
// one walk, and its rows are kept in one form.
func SameColumns(a, b Export) error {
	first, other := a.Columns, b.Columns
	if !slices.Equal(sorted(first.Exclude), sorted(other.Exclude)) || !slices.Equal(sorted(first.Hash), sorted(other.Hash)) || first.HashKey != other.HashKey {
		return WithHint(errors.New("the exports leave out or hash different columns"),
			"Exports of one configuration share one walk. Give all of them the same columns block, or put them into different configurations.")
	}
	return nil
}

// columnChanges says what a new file changes in what is left out and hashed.
func columnChanges(old, now *ManifestColumns) []string {
	before, after := old.selection(), now.selection()
	var changes []string
	for _, one := range []struct {
		were, are []string
		text      string
	}{
		{after.Exclude, before.Exclude, "The file has %s, the new one leaves it out."},
		{before.Exclude, after.Exclude, "The file leaves out %s, the new one has it."},
		{after.Hash, before.Hash, "%s is hashed from now on."},
		{before.Hash, after.Hash, "%s is hashed in the file, and no longer in the new one."},
	} {
		for _, name := range one.were {
			if !slices.Contains(one.are, name) {
				changes = append(changes, fmt.Sprintf(one.text, name))
			}
		}
	}
	if old != nil && now != nil && old.HashKeyID != "" && now.HashKeyID != "" && old.HashKeyID != now.HashKeyID {
		changes = append(changes, "The hash key is another one: no hash of the file equals one of the new file.")
	}
	return changes
}
