package rows

import (
	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// Checker learns what can be said of rows that are read in file order. Their ids are in an
// index, so its memory does not grow with them.
type Checker struct {
	table     *schema.Table
	content   *Digester
	ids       *Index
	last      schema.RowKey
	unordered int64
}

// NewChecker begins the check of rows of a table. It keeps their ids in an empty index, which
// the caller closes.
func NewChecker(table *schema.Table, ids *Index) *Checker {
	return &Checker{table: table, content: NewDigester(table), ids: ids}
}

// Add looks at the rows of a record.
func (s *Checker) Add(rec arrow.Record) error {
	keys, err := s.table.Keys(rec)
	if err != nil {
		return err
	}
	some := s.ids.Len() > 0
	for row := range keys.Len() {
		key := keys.At(row)
		if some && s.last.Compare(key) > 0 {
			s.unordered++
		}
		s.last, some = key, true
	}
	s.last = cloneKey(s.last)
	s.content.Add(rec)
	return s.ids.Add("", keys)
}

// Digest is that of the rows so far.
func (s *Checker) Digest() Digest { return s.content.Digest() }

// Unordered counts the rows that come after one that they belong before.
func (s *Checker) Unordered() int64 { return s.unordered }

// Duplicates counts the rows whose id another row has too, but for one of each id. It ends the adding.
func (s *Checker) Duplicates() (int64, error) { return s.ids.Losers() }
