package exporter

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

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
	// guard looks at the changes before they are committed; nil accepts them all.
	guard func(Changes) error
	// sum is that of the rows, after the last record.
	sum *rowSum
}

// hashed computes the sum from the records, while others make and use them.
func (b body) hashed(table *schema.Table) body {
	digester, records := NewDigester(table), b.records
	b.sum = &digester.sum
	b.records = func(ctx context.Context) iter.Seq2[arrow.Record, error] {
		return through(ahead(records(ctx)), digester.Add)
	}
	return b
}

// body makes the rows of a target's new file.
func (t target) body(rows *spool, plan ExportPlan, walked walked, fresh *fresh) (body, error) {
	switch {
	case t.Mode == ModeMerge && plan.Current != nil && !t.readable(plan.Current) && !walked.proof.whole():
		return body{}, WithHint(errors.New("the file's rows have another schema, and the walk is not proven complete"),
			"Nothing was written: what the walk may have missed would be lost. Run apply again when the inbox is quieter.")
	case t.Mode == ModeMerge && plan.Current != nil && t.readable(plan.Current):
		found, err := rows.index.winners(rows.distinct)
		if err != nil {
			return body{}, err
		}
		v := newRevision(t, plan.Current, rows, found, walked.proof.whole())
		merged := body{total: Sum(plan.Current.Rows, rows.distinct), records: v.records, changes: &v.changes, sum: v.sum}
		if v.sum == nil {
			return merged.hashed(t.table), nil
		}
		return merged, nil
	case fresh != nil:
		return body{total: int64(len(fresh.ids)), exact: true, records: fresh.of(t.table, rows)}.hashed(t.table), nil
	}
	return body{total: rows.distinct, exact: true, records: rows.records}.hashed(t.table), nil
}

// readable reports whether the rows of a file can become rows of the table: it
// has the table's schema, or that of an earlier version, and its hashes have the
// same key.
func (t target) readable(file *Manifest) bool {
	was, ok := t.table.AsOf(file.SchemaVersion)
	return ok && was.Fingerprint() == file.SchemaFingerprint && t.keyID.is(file.Columns)
}

// of yields those of the rows that are fresh.
func (f *fresh) of(table *schema.Table, rows *spool) func(context.Context) iter.Seq2[arrow.Record, error] {
	return func(ctx context.Context) iter.Seq2[arrow.Record, error] {
		return func(yield func(arrow.Record, error) bool) {
			from := newStream(table, rows.records(ctx))
			from.kept = func(at *block) bool { return f.has(at.key().ID) }
			mergeCursors(ctx, table.Arrow(), size{batchRows, rows.limits.batch}, []cursor{from})(yield)
		}
	}
}

// revision merges the rows of a walk into those of a committed file. It keeps
// some 50 bytes for each row of the walk, whatever the size of the file.
type revision struct {
	target  target
	fresh   *spool
	found   map[schema.IDHash]foundRow
	sieve   sieve // of found
	whole   bool  // the walk shows everything there is
	version int   // of the file's schema
	changes Changes
	// sum is that of the new file: what the old file's manifest says of its rows,
	// less gone, plus come. So a row that is kept counts as it was when it came from
	// the API, and no merge makes damage to it look right. It is nil where that
	// cannot be.
	sum        *rowSum
	gone, come *Digester
}

func newRevision(t target, file *Manifest, rows *spool, found map[schema.IDHash]foundRow, whole bool) *revision {
	v := &revision{
		target: t, fresh: rows, found: found, whole: whole, version: file.SchemaVersion,
		gone: NewDigester(t.table), come: NewDigester(t.table),
	}
	v.sieve = newSieve(len(found))
	for id := range found {
		v.sieve.add(id)
	}
	if sum, ok := file.Content.rowSum(file.Rows); ok && !whole && file.SchemaVersion == t.table.Version {
		v.sum = &sum
	}
	return v
}

// foundRow is a row of the walk.
type foundRow struct {
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
	mergeCursors(ctx, v.target.table.Arrow(), size{batchRows, v.fresh.limits.batch}, []cursor{old, found})(yield)
	v.settle()
}

// old decides on a row of the file.
func (v *revision) old(at *block) bool {
	kept := v.keepsOld(at.key())
	if !kept && v.sum != nil {
		v.gone.addRow(at.rec, at.row)
	}
	return kept
}

func (v *revision) keepsOld(key schema.RowKey) bool {
	id := schema.HashID(key.ID)
	var row foundRow
	ok := v.sieve.passes(id)
	if ok {
		row, ok = v.found[id]
	}
	if !ok {
		if v.whole {
			v.changes.Removed++
			return false
		}
		v.changes.Kept++
		return true
	}
	row.matched = true
	switch {
	case row.version == key.Version:
		v.changes.Refreshed++
	case row.version > key.Version || v.whole:
		v.changes.Updated++
	default:
		// It comes before the other: rows come newest first.
		row.stale = true
		v.changes.Kept++
	}
	v.found[id] = row
	return row.stale
}

// new decides on a row of the walk.
func (v *revision) new(at *block) bool {
	row, ok := v.found[schema.HashID(at.key().ID)]
	kept := ok && !row.stale
	if kept && v.sum != nil {
		v.come.addRow(at.rec, at.row)
	}
	return kept
}

// settle counts what is only known after the last row.
func (v *revision) settle() {
	if v.sum != nil {
		v.sum.subtract(v.gone.sum)
		v.sum.add(v.come.sum)
	}
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
