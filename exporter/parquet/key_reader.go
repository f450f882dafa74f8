package parquet

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// keyReader reads the columns of keys, and no others.
type keyReader struct {
	file *dataFile
	// keys is the table without other columns, whole the layout of the file.
	keys  *schema.Table
	whole *layout
	*reader
}

func newKeyReader(f *dataFile, table *schema.Table) (exporter.GroupKeys, error) {
	keys := table.OnlyKeys()
	reader, err := newReader(f.from, layoutOf(f.file, keys), f.budget)
	if err != nil {
		return nil, err
	}
	reader.lend()
	return keyReader{file: f, keys: keys, whole: layoutOf(f.file, table), reader: reader}, nil
}

// Of yields the keys of the rows of a row group.
func (k keyReader) Of(ctx context.Context, group int) iter.Seq2[schema.Keys, error] {
	return func(yield func(schema.Keys, error) bool) {
		chunks, err := chunksOf(&k.file.meta.RowGroups[group], k.whole, k.layout)
		if err != nil {
			yield(schema.Keys{}, advise(fmt.Errorf("read parquet row group %d: %w", group+1, err)))
			return
		}
		k.file.group(ctx, k.reader, group, chunks, nil, func(rec arrow.Record, err error) bool {
			if err != nil {
				return yield(schema.Keys{}, err)
			}
			return yield(k.keys.Keys(rec))
		})
	}
}

// Close frees the memory of the pages.
func (k keyReader) Close() { k.close() }

// chunksOf is a row group without the columns that a part of its layout does not have.
func chunksOf(group *format.RowGroup, whole, part *layout) (*format.RowGroup, error) {
	if len(group.Columns) != len(whole.leaves) {
		return nil, fmt.Errorf("%w: %d column chunks instead of %d", errDamaged, len(group.Columns), len(whole.leaves))
	}
	chunks := &format.RowGroup{NumRows: group.NumRows}
	for i, leaf := range whole.leaves {
		if slices.ContainsFunc(part.leaves, func(n *node) bool { return slices.Equal(n.path, leaf.path) }) {
			chunks.Columns = append(chunks.Columns, group.Columns[i])
		}
	}
	return chunks, nil
}
