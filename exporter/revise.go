package exporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/schema"
)

// body is the rows of a new file.
type body struct {
	// total is about how many there are; exact says that it is their number.
	total int64
	exact bool
	// records yields them in file order, with the ownership rules of Walk.Pages.
	records func(ctx context.Context) iter.Seq2[arrow.Record, error]
	// changes is what is known after the last record; nil when there is nothing.
	changes *Changes
}

// body makes the rows of a target's new file.
func (t target) body(rows *spool, plan ExportPlan, walked walked, fresh *fresh) (body, error) {
	all := body{total: rows.distinct, exact: true, records: rows.records}
	switch {
	case t.Mode == ModeMerge && plan.Current != nil && !t.readable(plan.Current) && !walked.proof.whole():
		return body{}, WithHint(errors.New("the file's rows have another schema, and the walk is not proven complete"),
			"Nothing was written: what the walk may have missed would be lost. Run apply again when the inbox is quieter.")
	case t.Mode == ModeMerge && plan.Current != nil && t.readable(plan.Current):
		found, err := rows.index.winners()
		if err != nil {
			return body{}, err
		}
		revision := &revision{target: t, fresh: rows, found: found, whole: walked.proof.whole(), version: plan.Current.SchemaVersion}
		return body{total: plan.Current.Rows + rows.distinct, records: revision.records, changes: &revision.changes}, nil
	case fresh != nil:
		return body{total: int64(len(fresh.ids)), exact: true, records: fresh.of(t.table, rows)}, nil
	}
	return all, nil
}

// readable reports whether the rows of a file can become rows of the table: it
// has the table's schema, or that of an earlier version, and its hashes have the
// same key.
func (t target) readable(file *Manifest) bool {
	was, ok := t.table.AsOf(file.SchemaVersion)
	return ok && was.Fingerprint() == file.SchemaFingerprint && file.Columns.hashKeyID() == t.Columns.manifest().hashKeyID()
}

// of yields those of the rows that are fresh.
func (f *fresh) of(table *schema.Table, rows *spool) func(context.Context) iter.Seq2[arrow.Record, error] {
	return func(ctx context.Context) iter.Seq2[arrow.Record, error] {
		return func(yield func(arrow.Record, error) bool) {
			from := newStream(table, rows.records(ctx))
			from.kept = func(key rowKey) bool { return f.has(key.id) }
			mergeStreams(ctx, table, yield, from)
		}
	}
}

// revision merges the rows of a walk into those of a committed file. It keeps 32
// bytes for each row of the walk, whatever the size of the file.
type revision struct {
	target  target
	fresh   *spool
	found   []foundRow // in the order of ids
	whole   bool       // the walk shows everything there is
	version int        // of the file's schema
	changes Changes
}

// foundRow is a row of the walk.
type foundRow struct {
	id      IDHash
	version int64
	matched bool // the file has another version, or the same
	stale   bool // the file's is newer
}

// records yields the rows of the new file. The old one is open only meanwhile.
func (v *revision) records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		file, err := openExport(ctx, v.target.destination, v.target.format, v.target.name)
		if err != nil {
			yield(nil, fmt.Errorf("read the file to merge with: %w", err))
			return
		}
		more := true
		guarded := func(rec arrow.Record, err error) bool {
			more = yield(rec, err) && err == nil
			return more
		}
		v.merge(ctx, file.data, guarded)
		if err := file.close(); err != nil && more {
			yield(nil, err)
		}
	}
}

func (v *revision) merge(ctx context.Context, file DataFile, yield func(arrow.Record, error) bool) {
	old := newStream(v.target.table, upgraded(ctx, file, v.target.table, v.version))
	old.kept, old.name = v.old, v.target.url()+": "
	found := newStream(v.target.table, v.fresh.records(ctx))
	found.kept = v.new
	mergeStreams(ctx, v.target.table, yield, old, found)
	v.settle()
}

// old decides on a row of the file.
func (v *revision) old(key rowKey) bool {
	id := HashID(key.id)
	i, ok := slices.BinarySearchFunc(v.found, id, func(row foundRow, id IDHash) int { return bytes.Compare(row.id[:], id[:]) })
	if !ok {
		if v.whole {
			v.changes.Removed++
			return false
		}
		v.changes.Kept++
		return true
	}
	row := &v.found[i]
	row.matched = true
	switch {
	case row.version == key.version:
		v.changes.Refreshed++
	case row.version > key.version || v.whole:
		v.changes.Updated++
	default:
		// It comes before the other: rows come newest first.
		row.stale = true
		v.changes.Kept++
		return true
	}
	return false
}

// new decides on a row of the walk.
func (v *revision) new(key rowKey) bool {
	id := HashID(key.id)
	i, ok := slices.BinarySearchFunc(v.found, id, func(row foundRow, id IDHash) int { return bytes.Compare(row.id[:], id[:]) })
	return ok && !v.found[i].stale
}

// settle counts what is only known after the last row.
func (v *revision) settle() {
	for _, row := range v.found {
		if !row.matched {
			v.changes.Added++
		}
	}
}

// upgraded yields the rows of a file as rows of the table: columns that its
// version did not have are null.
func upgraded(ctx context.Context, file DataFile, table *schema.Table, version int) iter.Seq2[arrow.Record, error] {
	was, ok := table.AsOf(version)
	if !ok || was == table {
		return file.Records(ctx, table)
	}
	return func(yield func(arrow.Record, error) bool) {
		for rec, err := range file.Records(ctx, was) {
			if err != nil {
				yield(nil, err)
				return
			}
			wide := widen(rec, was, table)
			more := yield(wide, nil)
			wide.Release()
			if !more {
				return
			}
		}
	}
}

func widen(rec arrow.Record, was, table *schema.Table) arrow.Record {
	columns := make([]arrow.Array, 0, len(table.Columns))
	for i, column := range table.Columns {
		if _, at, ok := was.Column(column.Name); ok {
			rec.Column(at).Retain()
			columns = append(columns, rec.Column(at))
			continue
		}
		columns = append(columns, array.MakeArrayOfNull(memory.DefaultAllocator, table.Arrow().Field(i).Type, int(rec.NumRows())))
	}
	wide := array.NewRecord(table.Arrow(), columns, rec.NumRows())
	for _, column := range columns {
		column.Release()
	}
	return wide
}

// stream is a cursor over records that come from elsewhere.
type stream struct {
	place
	table *schema.Table
	next  func() (arrow.Record, error, bool)
	stop  func()
	kept  func(rowKey) bool
	name  string // begins its errors
	last  rowKey
	some  bool
}

// errUnsorted is a file whose rows are not where they belong.
var errUnsorted = errors.New("its rows are not newest first")

func newStream(table *schema.Table, records iter.Seq2[arrow.Record, error]) *stream {
	next, stop := iter.Pull2(records)
	return &stream{table: table, next: next, stop: stop}
}

func (s *stream) keep() bool { return s.kept(s.key()) }

func (s *stream) advance() (bool, error) {
	s.row++
	for s.rec == nil || s.row >= int(s.rec.NumRows()) {
		if s.rec != nil && s.rec.NumRows() > 0 {
			s.last, s.some = cloneKey(s.keys.at(int(s.rec.NumRows())-1)), true
		}
		rec, err, ok := s.next()
		if err == nil && ok {
			s.keys, err = keysOf(s.table, rec)
		}
		if err != nil {
			err = fmt.Errorf("%s%w", s.name, err)
		}
		if !ok || err != nil {
			s.rec = nil
			return false, err
		}
		s.rec, s.row = rec, 0
		if rec.NumRows() > 0 {
			s.rowBytes = int(util.TotalRecordSize(rec) / rec.NumRows())
		}
	}
	if s.row > 0 && s.keys.at(s.row-1).compare(s.key()) > 0 || s.row == 0 && s.some && s.last.compare(s.key()) > 0 {
		return false, WithHint(fmt.Errorf("%s%w", s.name, errUnsorted),
			"The file was not written by lemexport as it is, so it cannot be merged into. Move it away.")
	}
	return true, nil
}

func (s *stream) release() { s.stop() }

// mergeStreams yields the kept rows of all streams, in order.
func mergeStreams(ctx context.Context, table *schema.Table, yield func(arrow.Record, error) bool, streams ...*stream) {
	var queue cursors
	for _, one := range streams {
		defer one.release()
		more, err := one.advance()
		if err != nil {
			yield(nil, err)
			return
		}
		if more {
			queue = append(queue, one)
		}
	}
	queue.merge(ctx, table.Arrow(), batchRows, yield)
}
