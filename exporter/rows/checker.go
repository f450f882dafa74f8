package rows

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// Checker learns what can be said of rows that are read in file order. It keeps 16 bytes a row, for the ids.
type Checker struct {
	table     *schema.Table
	content   *Digester
	ids       []schema.IDHash
	last      schema.RowKey
	unordered int64
}

// NewChecker begins the check of rows of a table.
func NewChecker(table *schema.Table) *Checker {
	return &Checker{table: table, content: NewDigester(table)}
}

// Add looks at the rows of a record.
func (s *Checker) Add(rec arrow.Record) error {
	keys, err := s.table.Keys(rec)
	if err != nil {
		return err
	}
	for row := range int(rec.NumRows()) {
		key := keys.At(row)
		if len(s.ids) > 0 && s.last.Compare(key) > 0 {
			s.unordered++
		}
		s.last = key
		s.ids = append(s.ids, schema.HashID(key.ID))
	}
	s.last = cloneKey(s.last)
	s.content.Add(rec)
	return nil
}

// Digest is that of the rows so far.
func (s *Checker) Digest() Digest { return s.content.Digest() }

// Unordered counts the rows that come after one that they belong before.
func (s *Checker) Unordered() int64 { return s.unordered }

// Duplicates counts the rows whose id another row has too.
func (s *Checker) Duplicates() int {
	slices.SortFunc(s.ids, schema.IDHash.Compare)
	return len(s.ids) - len(slices.Compact(s.ids))
}
