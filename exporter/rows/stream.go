package rows

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// ErrUnsorted is wrapped by the error of a stream whose rows are not in file order.
var ErrUnsorted = errors.New("its rows are not newest first")

// Stream is sorted records from elsewhere, to be merged with others.
type Stream struct {
	block
	table *schema.Table
	next  func() (arrow.Record, error, bool)
	stop  func()
	kept  Filter
	name  string // begins its errors
}

// Filter decides whether a row of a record stays. It sees every row once, in order.
type Filter func(key schema.RowKey, rec arrow.Record, row int) bool

// NewStream returns the rows of the records that the filter keeps. Its errors begin
// with name. [Merge] ends it.
func NewStream(name string, table *schema.Table, records iter.Seq2[arrow.Record, error], kept Filter) *Stream {
	next, stop := iter.Pull2(records)
	return &Stream{table: table, next: next, stop: stop, kept: kept, name: name}
}

// Merge yields the rows of all streams in order, in batches of bounded size. The
// record is the loop body's only until the next iteration.
func Merge(ctx context.Context, table *schema.Table, limits Limits, streams ...*Stream) iter.Seq2[arrow.Record, error] {
	cursors := make([]cursor, len(streams))
	for i, stream := range streams {
		cursors[i] = stream
	}
	return mergeAll(ctx, table.Arrow(), size{batchRows, limits.batch}, cursors)
}

func (s *Stream) keep() bool { return s.kept(s.key(), s.rec, s.row) }

func (s *Stream) advance() (bool, error) {
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
		s.enter(rec, keys, schema.RecordSize(rec))
		if !some {
			last = keys.At(0)
		}
		if !s.sorted(last) {
			return false, s.named(ErrUnsorted)
		}
		return true, nil
	}
}

// sorted reports whether the rows of the block are in order, behind that key.
func (s *Stream) sorted(last schema.RowKey) bool {
	for row := range int(s.rec.NumRows()) {
		key := s.keys.At(row)
		if last.Compare(key) > 0 {
			return false
		}
		last = key
	}
	return true
}

func (s *Stream) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s%w", s.name, err)
}

func (s *Stream) release() { s.stop() }
