package parquet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go/format"
)

// hashBytes is how much of the file is hashed or compared at once.
const hashBytes = 256 << 10

// verifier follows a read of all rows and checks what no row shows.
type verifier interface {
	// rows were read and decoded.
	rows(rec arrow.Record, columnReaders []*columnReader) error
	// group ends a row group whose rows were read.
	group(group *format.RowGroup, columnReaders []*columnReader) error
	// end ends the file.
	end() error
}

// verification keeps the first error of a verifier, so that the read goes on. A nil
// verification does nothing.
type verification struct {
	by     verifier
	failed error
}

func (w *verification) guard(do func() error) {
	if w == nil || w.failed != nil {
		return
	}
	defer catch(&w.failed)
	w.failed = do()
}

func (w *verification) rows(rec arrow.Record, columnReaders []*columnReader) {
	w.guard(func() error { return w.by.rows(rec, columnReaders) })
}

func (w *verification) group(group *format.RowGroup, columnReaders []*columnReader) {
	w.guard(func() error { return w.by.group(group, columnReaders) })
}

func (w *verification) end() { w.guard(func() error { return w.by.end() }) }

// hashVerifier hashes what no page's checksum covers, in the order of the file.
type hashVerifier struct {
	from io.ReaderAt
	sum  hash.Hash
	// at is where in the file it is, until where the footer begins.
	at, until int64
	stated    string
}

func newHashVerifier(f *dataFile) *hashVerifier {
	stated, _ := f.lookup(DataHashKey)
	return &hashVerifier{from: f.from, sum: sha256.New(), until: f.end, stated: stated}
}

func (h *hashVerifier) rows(arrow.Record, []*columnReader) error { return nil }

func (h *hashVerifier) group(group *format.RowGroup, columnReaders []*columnReader) error {
	for i, columnReader := range columnReaders {
		meta := &group.Columns[i].MetaData
		if err := h.reach(firstPage(meta)); err != nil {
			return err
		}
		_, _ = h.sum.Write(columnReader.pages.headers) // a hash never fails
		h.at += meta.TotalCompressedSize
	}
	return nil
}

// reach adds all bytes before offset.
func (h *hashVerifier) reach(offset int64) error {
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

func (h *hashVerifier) end() error {
	if err := h.reach(h.until); err != nil {
		return err
	}
	if hex.EncodeToString(h.sum.Sum(nil)) != h.stated {
		return errors.New("its bloom filters, page indexes or page headers do not match their checksum")
	}
	return nil
}
