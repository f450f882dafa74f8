package parquet

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// fileWriter writes what surrounds the pages of a file: bloom filters, the page index
// and the footer.
type fileWriter struct {
	layout  *layout
	columns []*column
	buffer  *bufio.Writer
	out     *output
	// data is the checksum of everything in out but page bodies.
	data   hash.Hash
	footer fileMeta
	// chunks are the column chunks of all row groups so far, for the page index.
	chunks []chunk
}

// addGroup adds the row group, whose chunks begin at start and are written, to the
// footer, and writes its filters.
func (w *fileWriter) addGroup(start int64, rows int, chunks []chunk) error {
	group := rowGroup{
		NumRows:        int64(rows),
		FileOffset:     start,
		SortingColumns: w.layout.sorting(),
		Ordinal:        int16(len(w.footer.RowGroups)),
	}
	for i, column := range w.columns {
		meta := &chunks[i].meta
		if column.filter != nil {
			if err := column.filter.write(w.out, meta); err != nil {
				return err
			}
		}
		group.Columns = append(group.Columns, columnChunk{MetaData: *meta})
		group.TotalByteSize += meta.TotalUncompressedSize
		group.TotalCompressedSize += meta.TotalCompressedSize
	}
	w.chunks = append(w.chunks, chunks...)
	w.footer.RowGroups = append(w.footer.RowGroups, group)
	w.footer.NumRows += group.NumRows
	return nil
}

// writeIndex writes the page index of the whole file: first the bounds of all
// pages, then their places.
func (w *fileWriter) writeIndex() (err error) {
	columns := make([]*columnChunk, 0, len(w.chunks))
	for _, group := range w.footer.RowGroups {
		for i := range group.Columns {
			columns = append(columns, &group.Columns[i])
		}
	}
	for i, to := range columns {
		if to.ColumnIndexOffset, to.ColumnIndexLength, err = w.out.encode(&w.chunks[i].index); err != nil {
			return err
		}
	}
	for i, to := range columns {
		if to.OffsetIndexOffset, to.OffsetIndexLength, err = w.out.encode(&format.OffsetIndex{PageLocations: w.chunks[i].locations}); err != nil {
			return err
		}
	}
	return nil
}

// writeFooter completes the footer and writes it, with its own checksum. The two
// checksums stand before the manifest: a file that has lost the end of its keys is
// no export, rather than one without checksums.
func (w *fileWriter) writeFooter(manifest []byte) error {
	w.footer.KeyValueMetadata = append(w.footer.KeyValueMetadata,
		format.KeyValue{Key: DataHashKey, Value: hex.EncodeToString(w.data.Sum(nil))},
		format.KeyValue{Key: exporter.FooterHashKey, Value: noDigits()},
		format.KeyValue{Key: exporter.ManifestKey, Value: string(manifest)},
	)
	var tail bytes.Buffer
	if err := newOutput(&tail).end(&w.footer); err != nil {
		return err
	}
	digits, err := footerDigits(tail.Bytes())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(tail.Bytes())
	hex.Encode(digits, sum[:])
	_, err = w.out.Write(tail.Bytes())
	return err
}
