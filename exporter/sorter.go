package exporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// spool keeps the rows of a walk on disk and gives them back newest first, one
// per id, in memory that does not grow with them: an external merge sort.
//
// A page that continues where some run ends extends that run, so a user's inbox
// read from top to bottom is one run, and merging it costs one segment of memory.
// Which of several versions of a row wins is decided by the index, see index.go.
type spool struct {
	table    *schema.Table
	schema   *arrow.Schema // the table's, without metadata: segments repeat it
	limits   limits
	file     ScratchFile
	written  int64
	waiting  int // bytes of the pages that no segment has yet
	runs     []*run
	body     bytes.Buffer // the segment being written
	index    *index
	distinct int64
}

// leastRow is less than a row takes in a spool, so that a disk with no room for
// it is certain to be too small: they take about a kilobyte, but a conversation
// that several users have counts for each of them before the walk.
const leastRow = 100

// leastRoom is what a spool of a full walk takes at the very least; 0 when that
// is not known.
func (p Plan) leastRoom() int64 {
	if p.since() != nil {
		return 0
	}
	return leastRow * valueOr(p.Conversations, 0)
}

// newSpool makes an empty spool, which will need that much room at the least.
func newSpool(scratch Scratch, table *schema.Table, limits limits, room int64) (*spool, error) {
	if err := scratch.Room(room); err != nil {
		return nil, fmt.Errorf("temporary rows: %w", err)
	}
	file, err := scratch.File()
	if err != nil {
		return nil, fmt.Errorf("temporary rows: %w", err)
	}
	entries, err := scratch.File()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("temporary index: %w", err), file.Close())
	}
	return &spool{table: table, schema: plainSchema(table.Arrow()), limits: limits, file: file, index: newIndex(entries, limits.share)}, nil
}

// plainSchema drops the metadata of a schema and its fields.
func plainSchema(full *arrow.Schema) *arrow.Schema {
	return arrow.NewSchema(plainFields(full.Fields()), nil)
}

func plainFields(full []arrow.Field) []arrow.Field {
	fields := slices.Clone(full)
	for i := range fields {
		fields[i].Metadata = arrow.Metadata{}
		switch kind := fields[i].Type.(type) {
		case *arrow.ListType:
			fields[i].Type = arrow.ListOfField(plainFields([]arrow.Field{kind.ElemField()})[0])
		case *arrow.StructType:
			fields[i].Type = arrow.StructOf(plainFields(kind.Fields())...)
		}
	}
	return fields
}

func (s *spool) close() error {
	for _, run := range s.runs {
		run.release()
	}
	return errors.Join(s.file.Close(), s.index.close())
}

// add keeps a page's rows. Records that come later win ties.
func (s *spool) add(user string, rec arrow.Record) error {
	if rec.NumRows() == 0 {
		return nil
	}
	sorted, err := s.sort(rec)
	if err != nil {
		return err
	}
	defer sorted.Release()
	keys, err := s.table.Keys(sorted)
	if err != nil {
		return err
	}
	first := s.index.rows
	if err := s.index.addAll(user, keys, int(sorted.NumRows())); err != nil {
		return err
	}
	at := s.runFor(keys.At(0))
	at.last = cloneKey(keys.At(int(sorted.NumRows()) - 1))
	return s.extend(at, sorted, first)
}

// cloneKey frees a key from the memory of its record.
func cloneKey(key schema.RowKey) schema.RowKey {
	key.ID = strings.Clone(key.ID)
	return key
}

// runFor finds a run that a segment beginning with key continues, or starts one.
func (s *spool) runFor(key schema.RowKey) *run {
	for _, run := range s.runs {
		if run.last.Compare(key) <= 0 {
			return run
		}
	}
	fresh := new(run)
	s.runs = append(s.runs, fresh)
	return fresh
}

// sort returns the record with its rows in file order; the caller releases it.
func (s *spool) sort(rec arrow.Record) (arrow.Record, error) {
	keys, err := s.table.Keys(rec)
	if err != nil {
		return nil, err
	}
	order := make([]int, rec.NumRows())
	for i := range order {
		order[i] = i
	}
	byKey := func(a, b int) int { return keys.At(a).Compare(keys.At(b)) }
	if slices.IsSortedFunc(order, byKey) {
		rec.Retain()
		return rec, nil
	}
	slices.SortStableFunc(order, byKey)
	pieces := make([]piece, len(order))
	for i, row := range order {
		pieces[i] = piece{rec, row, row + 1}
	}
	return gather(s.schema, pieces), nil
}

// seal ends the adding: it finds the rows to drop and leaves few enough runs to merge.
func (s *spool) seal(ctx context.Context) error {
	for _, run := range s.runs {
		if err := s.flush(run); err != nil {
			return err
		}
	}
	losers, err := s.index.losers()
	if err != nil {
		return err
	}
	s.distinct = s.index.rows - losers
	return s.compact(ctx)
}

// account fills the proof's counts that need all rows.
func (s *spool) account(proof *Proof) { s.index.account(proof, s.distinct) }
