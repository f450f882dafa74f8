package parquet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// hashBytes is how much of the file is hashed or compared at once.
const hashBytes = 256 << 10

// Sealed reports whether the file holds checksums of itself.
func (f *dataFile) Sealed() bool {
	_, footer := f.lookup(exporter.FooterHashKey)
	_, data := f.lookup(DataHashKey)
	return footer || data
}

// Verify yields the rows as Records does, and compares all else in the file with
// its checksums, or, in a file without, with what its rows make it.
func (f *dataFile) Verify(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		w := new(watch)
		if w.over = newHashing(f); !f.Sealed() {
			w.guard(func() (err error) {
				w.over, err = newRecount(f, newLayout(table, earlierForm()))
				return err
			})
		}
		if !f.read(ctx, table, w, yield) {
			return
		}
		if w.end(); w.failed != nil {
			yield(nil, advise(fmt.Errorf("%w: %w", exporter.ErrAltered, w.failed)))
		}
	}
}

// witness follows a reading of all rows, to find what readers of rows do not see.
type witness interface {
	// rows were read and decoded.
	rows(rec arrow.Record, intakes []*intake) error
	// group ends a row group whose rows were read.
	group(group *format.RowGroup, intakes []*intake) error
	// end ends the file.
	end() error
}

// watch keeps the first error of a witness, so that the reading goes on. A nil
// watch does nothing.
type watch struct {
	over   witness
	failed error
}

func (w *watch) guard(do func() error) {
	if w == nil || w.failed != nil {
		return
	}
	defer catch(&w.failed)
	w.failed = do()
}

func (w *watch) rows(rec arrow.Record, intakes []*intake) {
	w.guard(func() error { return w.over.rows(rec, intakes) })
}

func (w *watch) group(group *format.RowGroup, intakes []*intake) {
	w.guard(func() error { return w.over.group(group, intakes) })
}

func (w *watch) end() { w.guard(func() error { return w.over.end() }) }

// hashing hashes what no page's checksum covers, in the order of the file.
type hashing struct {
	from io.ReaderAt
	sum  hash.Hash
	// at is where in the file it is, until where the footer begins.
	at, until int64
	stated    string
}

func newHashing(f *dataFile) *hashing {
	stated, _ := f.lookup(DataHashKey)
	return &hashing{from: f.from, sum: sha256.New(), until: f.end, stated: stated}
}

func (h *hashing) rows(arrow.Record, []*intake) error { return nil }

func (h *hashing) group(group *format.RowGroup, intakes []*intake) error {
	for i, intake := range intakes {
		meta := &group.Columns[i].MetaData
		if err := h.reach(firstPage(meta)); err != nil {
			return err
		}
		_, _ = h.sum.Write(intake.pages.headers) // a hash never fails
		h.at += meta.TotalCompressedSize
	}
	return nil
}

// reach adds all bytes before offset.
func (h *hashing) reach(offset int64) error {
	size := offset - h.at
	if size < 0 {
		return fmt.Errorf("%w: its parts overlap at %d", errDamaged, offset)
	}
	n, err := io.CopyBuffer(h.sum, io.NewSectionReader(h.from, h.at, size), make([]byte, min(size, hashBytes)+1))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	h.at = offset
	return err
}

func (h *hashing) end() error {
	if err := h.reach(h.until); err != nil {
		return err
	}
	if hex.EncodeToString(h.sum.Sum(nil)) != h.stated {
		return errors.New("its filters, indexes or page headers do not match their checksum")
	}
	return nil
}
