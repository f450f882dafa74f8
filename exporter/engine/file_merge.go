package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// contents is the rows of a new file.
type contents struct {
	// total is about how many there are; exact says that it is their number.
	total int64
	exact bool
	// pass hands them on in file order, and returns what they are. Some of them may be
	// taken over by the sink instead, to which the others go.
	pass func(ctx context.Context, sink exporter.Sink, to func(arrow.Record) error) (passed, error)
}

// passed is what is known of the rows of a new file after the last one.
type passed struct {
	digest rows.Digest
	// changes is what a merge did; nil otherwise.
	changes *exporter.Changes
	// taken is how many rows the sink has taken over, and span their activity.
	taken int64
	span  exporter.Window
}

// newContents is contents whose digest follows from the records, which are hashed while
// others make and use them.
func newContents(table *schema.Table, total int64, records func(context.Context) iter.Seq2[arrow.Record, error]) contents {
	return contents{total: total, exact: true, pass: func(ctx context.Context, _ exporter.Sink, to func(arrow.Record) error) (passed, error) {
		digester := rows.NewDigester(table)
		err := forEachRecord(rows.Through(rows.Prefetch(records(ctx)), digester.Add), to)
		return passed{digest: digester.Digest()}, err
	}}
}

// forEachRecord passes prefetched records to a function until one of the two fails.
func forEachRecord(records iter.Seq2[arrow.Record, error], to func(arrow.Record) error) error {
	for rec, err := range rows.Prefetch(records) {
		if err == nil {
			err = to(rec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contentsOf makes the rows of a target's new file.
func contentsOf(t target, sorted *rows.Sorted, plan ExportPlan, walked walked, added *addedRows) (contents, error) {
	merges := t.Mode == exporter.ModeMerge && plan.Current != nil
	switch {
	case merges && !t.readable(plan.Current) && !walked.proof.Whole():
		return contents{}, exporter.WithHint(errors.New("the file has another schema, and the new rows are not proven complete"),
			"Nothing was written: rows that were missed would be lost. Run apply again when the inbox is quieter.")
	case merges && t.readable(plan.Current):
		found := make(map[schema.IDHash]foundRow, sorted.Rows())
		if err := sorted.Index().Winners(func(id schema.IDHash, version int64) { found[id] = foundRow{version: version} }); err != nil {
			return contents{}, err
		}
		v := newRevision(t, *plan.head, sorted, found, walked.proof.Whole())
		return contents{total: exporter.Sum(plan.Current.Rows, sorted.Rows()), pass: v.pass}, nil
	case added != nil:
		return newContents(t.table, int64(len(added.ids)), added.of(t.table, sorted)), nil
	}
	return newContents(t.table, sorted.Rows(), sorted.Records), nil
}

// revision merges the rows of a walk into those of a committed file. It keeps
// some 50 bytes for each row of the walk, whatever the size of the file.
type revision struct {
	target  target
	old     head
	sorted  *rows.Sorted
	found   map[schema.IDHash]foundRow
	filter  rows.BloomFilter // of found
	whole   bool             // the walk shows everything there is
	version int              // of the file's schema
	changes exporter.Changes
	// carried is the digest that the old file's manifest states; nil where the new one
	// cannot rest on it. That of the new file is carried, less gone, plus come. So a row
	// that is kept counts as it was when it came from the API, and no merge makes damage
	// to it look right.
	carried    *rows.Digest
	gone, come *rows.Digester
}

func newRevision(t target, old head, sorted *rows.Sorted, found map[schema.IDHash]foundRow, whole bool) *revision {
	file := old.manifest
	v := &revision{
		target: t, old: old, sorted: sorted, found: found, whole: whole, version: file.SchemaVersion,
		gone: rows.NewDigester(t.table), come: rows.NewDigester(t.table),
	}
	v.filter = rows.NewBloomFilter(len(found))
	for id := range found {
		v.filter.Add(id)
	}
	if digest, ok := digestOf(file.Content, file.Rows); ok && !whole && file.SchemaVersion == t.table.Version {
		v.carried = &digest
	}
	return v
}

// foundRow is a row of the walk.
type foundRow struct {
	version int64
	matched bool // the file has another version, or the same
	stale   bool // the file's is newer
}

// pass hands on the rows of the new file. The old one is open only meanwhile.
func (v *revision) pass(ctx context.Context, sink exporter.Sink, to func(arrow.Record) error) (done passed, err error) {
	file, err := openExport(ctx, v.target.destination, v.old.format, v.old.name)
	if err != nil {
		return passed{}, fmt.Errorf("read the file to merge with: %w", err)
	}
	defer func() { err = errors.Join(err, file.close()) }()
	data := unnamed(file.data) // the errors below name it
	over, err := v.takeover(ctx, data, sink)
	if err != nil {
		return passed{}, unsorted(err)
	}
	digester := rows.NewDigester(v.target.table)
	if len(over.blocks) > 0 {
		err = v.weave(ctx, over, sink.(exporter.GroupSink), to)
	} else {
		all := v.merged(ctx, upgraded(ctx, data, v.target.table, v.version))
		if v.carried == nil {
			all = rows.Through(rows.Prefetch(all), digester.Add)
		}
		err = forEachRecord(all, to)
	}
	if err != nil {
		return passed{}, unsorted(err)
	}
	done.taken, done.span = over.taken()
	v.changes.Kept = exporter.Sum(v.changes.Kept, done.taken)
	for _, row := range v.found {
		if !row.matched {
			v.changes.Added++
		}
	}
	done.digest, done.changes = digester.Digest(), &v.changes
	if v.carried != nil {
		done.digest = *v.carried
		done.digest.Subtract(v.gone.Digest())
		done.digest.Add(v.come.Digest())
	}
	return done, nil
}

// takeover is what of the file can be taken over.
func (v *revision) takeover(ctx context.Context, data exporter.DataFile, sink exporter.Sink) (takeover, error) {
	file, grouped := data.(exporter.GroupedFile)
	taker, takes := sink.(exporter.GroupSink)
	if !grouped || !takes || v.carried == nil {
		return takeover{}, nil
	}
	found, err := findTakeover(ctx, v.target.table, v, file, taker.Fits(file))
	if err != nil {
		return takeover{}, fmt.Errorf("%s: %w", v.oldName(), err)
	}
	return found, nil
}

// oldName is how errors name the old file; those of the whole pass name the new one.
func (v *revision) oldName() string {
	if v.old.name == v.target.name {
		return "the file that is there"
	}
	return v.target.destination.URL(v.old.name)
}

// weave hands on the rows that are not taken over.
func (v *revision) weave(ctx context.Context, over takeover, sink exporter.GroupSink, to func(arrow.Record) error) error {
	taker, err := sink.TakeFrom(over.file)
	if err != nil {
		return fmt.Errorf("%s: %w", v.oldName(), err)
	}
	defer taker.Close()
	w := weaver{takeover: over, table: v.target.table, sink: sink, taker: taker, name: v.oldName(), to: to}
	return w.weave(ctx, v.merged(ctx, over.rest(ctx, v.target.table)))
}

// shows implements walkedRows.
func (v *revision) shows(id string, version int64) (shown, newer bool) {
	if !v.filter.PassesPart(schema.HashPart(id)) {
		return false, false
	}
	row, shown := v.found[schema.HashID(id)]
	return shown, shown && row.version < version
}

// versions implements walkedRows.
func (v *revision) versions() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, row := range v.found {
			if !yield(row.version) {
				return
			}
		}
	}
}

// unsorted says what to do about a file whose rows are not in order.
func unsorted(err error) error {
	if !errors.Is(err, rows.ErrUnsorted) {
		return err
	}
	return exporter.WithHint(err, "The file was not written by lemexport as it is, so it cannot be merged into. "+
		"lemexport verify says what is wrong with it. Restore it, or choose another destination.")
}

// merged yields the rows of the walk, and those of the old file that stay.
func (v *revision) merged(ctx context.Context, old iter.Seq2[arrow.Record, error]) iter.Seq2[arrow.Record, error] {
	table := v.target.table
	return rows.Merge(ctx, table, v.sorted.Limits(),
		rows.NewStream(v.oldName()+": ", table, old, v.keepOld),
		rows.NewStream("", table, v.sorted.Records(ctx), v.keepNew))
}

// keepOld decides on a row of the file.
func (v *revision) keepOld(key schema.RowKey, rec arrow.Record, row int) bool {
	kept := v.keepsOld(key)
	if !kept && v.carried != nil {
		v.gone.AddRow(rec, row)
	}
	return kept
}

func (v *revision) keepsOld(key schema.RowKey) bool {
	var id schema.IDHash
	var row foundRow
	ok := v.filter.PassesPart(schema.HashPart(key.ID))
	if ok {
		id = schema.HashID(key.ID)
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

// keepNew decides on a row of the walk.
func (v *revision) keepNew(key schema.RowKey, rec arrow.Record, at int) bool {
	row, ok := v.found[schema.HashID(key.ID)]
	kept := ok && !row.stale
	if kept && v.carried != nil {
		v.come.AddRow(rec, at)
	}
	return kept
}

// upgraded yields the rows of a file as rows of the table: columns that its
// version did not have are null.
func upgraded(ctx context.Context, file exporter.DataFile, table *schema.Table, version int) iter.Seq2[arrow.Record, error] {
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
