package exporter

import (
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// scan is what verify learns from the rows. It keeps 16 bytes a row, for the ids.
type scan struct {
	table     *schema.Table
	content   *Digester
	ids       []schema.IDHash
	last      schema.RowKey
	unordered int64
}

func newScan(table *schema.Table) *scan {
	return &scan{table: table, content: NewDigester(table)}
}

func (s *scan) add(rec arrow.Record) error {
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

// duplicates counts the rows whose id another row has too.
func (s *scan) duplicates() int {
	slices.SortFunc(s.ids, schema.IDHash.Compare)
	return len(s.ids) - len(slices.Compact(s.ids))
}
