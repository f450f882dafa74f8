package exporter

import (
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/schema"
)

// stream is a cursor over records that come from elsewhere.
type stream struct {
	block
	table *schema.Table
	next  func() (arrow.Record, error, bool)
	stop  func()
	kept  func(*block) bool
	name  string // begins its errors
}

// errUnsorted is a file whose rows are not where they belong.
var errUnsorted = errors.New("its rows are not newest first")

func newStream(table *schema.Table, records iter.Seq2[arrow.Record, error]) *stream {
	next, stop := iter.Pull2(records)
	return &stream{table: table, next: next, stop: stop}
}

func (s *stream) keep() bool { return s.kept(&s.block) }

func (s *stream) advance() (bool, error) {
	var last schema.RowKey
	some := s.rec != nil
	if some {
		last = cloneKey(s.keys.At(int(s.rec.NumRows()) - 1))
	}
	for {
		s.rec = nil
		rec, err, ok := s.next()
		if !ok || err != nil {
			return false, s.named(err)
		}
		if rec.NumRows() == 0 {
			continue
		}
		keys, err := s.table.Keys(rec)
		if err != nil {
			return false, s.named(err)
		}
		s.enter(rec, keys, int(util.TotalRecordSize(rec)))
		if !some {
			last = keys.At(0)
		}
		if !s.sorted(last) {
			return false, WithHint(s.named(errUnsorted),
				"The file was not written by lemexport as it is, so it cannot be merged into. lemexport verify says what is wrong with it. Restore it, or choose another destination.")
		}
		return true, nil
	}
}

// sorted reports whether the rows of the block are in order, behind that key.
func (s *stream) sorted(last schema.RowKey) bool {
	for row := range int(s.rec.NumRows()) {
		key := s.keys.At(row)
		if last.Compare(key) > 0 {
			return false
		}
		last = key
	}
	return true
}

func (s *stream) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s%w", s.name, err)
}

func (s *stream) release() { s.stop() }
