package arrowipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Sealed reports whether the file holds checksums of itself.
func (f *dataFile) Sealed() bool {
	_, footer := f.lookup(exporter.FooterHashKey)
	_, data := f.lookup(DataSumKey)
	return footer || data
}

// Verify yields the rows as Records does, and compares all bytes of the file with
// its checksums. Of a file without, of an earlier version, it sees the rows and
// that nothing is between their batches.
func (f *dataFile) Verify(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		f.file.start()
		defer func() { f.file.on = false }()
		for rec, err := range f.Records(ctx, table) {
			if !yield(rec, err) || err != nil {
				return
			}
		}
		if err := f.whole(table); err != nil {
			yield(nil, advise(fmt.Errorf("%w: %w", exporter.ErrAltered, err)))
		}
	}
}

// whole checks what the rows do not tell, after they were read.
func (f *dataFile) whole(table *schema.Table) error {
	if !f.Sealed() {
		keys := append(slices.Clone(table.Arrow().Metadata().Keys()), RowsKey, exporter.ManifestKey)
		if have := f.reader.Schema().Metadata().Keys(); !slices.Equal(have, keys) {
			return fmt.Errorf("its schema has the metadata %q", have)
		}
		if f.file.at != f.begin {
			return errors.New("something is between its last batch and its footer")
		}
		return nil
	}
	if err := f.file.reach(f.begin); err != nil {
		return err
	}
	if stated, _ := f.lookup(DataSumKey); stated != fmt.Sprintf("%08x", f.file.sum) {
		return errors.New("it does not match its checksum")
	}
	return nil
}
