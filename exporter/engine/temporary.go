package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// leastRow is less than a row takes in a sorter, so that a disk with no room for
// it is certain to be too small: they take about a kilobyte, but a conversation
// that several users have counts for each of them before the walk.
const leastRow = 100

// leastRoom is what a sorter of a full walk of a table takes at the very least; 0 when
// that is not known.
func leastRoom(p Plan, table string) int64 {
	if p.since(table) != nil {
		return 0
	}
	return leastRow * valueOr(p.estimate(table).Rows, 0)
}

// temporary makes the sorters and indexes of a run, in temporary files.
type temporary struct {
	files  exporter.Scratch
	limits rows.Limits
}

// sorter makes an empty sorter, which will need that much room at the least.
func (t temporary) sorter(table *schema.Table, room int64) (*rows.Sorter, error) {
	if err := t.files.Room(room); err != nil {
		return nil, fmt.Errorf("temporary rows: %w", err)
	}
	file, err := t.files.File()
	if err != nil {
		return nil, fmt.Errorf("temporary rows: %w", err)
	}
	entries, err := t.files.File()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("temporary index: %w", err), file.Close())
	}
	return rows.NewSorter(table, t.limits, file, entries), nil
}

// index makes an empty index of rows.
func (t temporary) index() (*rows.Index, error) {
	file, err := t.files.File()
	if err != nil {
		return nil, fmt.Errorf("temporary index: %w", err)
	}
	return rows.NewIndex(file, t.limits), nil
}

// idIndex makes an empty index for the ids of a file that is verified. Those of most files fit
// into memory, and then nothing is written.
func (t temporary) idIndex() *rows.Index {
	return rows.NewIndex(rows.NewSpill(t.limits.IDs, func() (rows.TempFile, error) { return t.files.File() }), t.limits)
}

// counted is a proof with the counts that only all rows tell.
func counted(proof exporter.Proof, index *rows.Index, distinct int64) exporter.Proof {
	proof.RowsRead, proof.Rows = index.Len(), distinct
	proof.Duplicates, proof.Superseded = 0, 0
	proof.Partitions = slices.Clone(proof.Partitions)
	dropped := index.Dropped()
	for i := range proof.Partitions {
		user := &proof.Partitions[i]
		count := dropped[user.Partition]
		user.Duplicates, user.Superseded = count.Duplicates, count.Superseded
		proof.Duplicates += count.Duplicates
		proof.Superseded += count.Superseded
	}
	return proof
}
