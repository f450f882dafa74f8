package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// createdBy is the footer's created_by, before and after the version.
const (
	createdBy   = "lemexport version "
	createdWith = " (build parquet-go)"
)

// rewriteVerifier verifies a file of an earlier version, without checksums: its sink
// writes everything but the pages once more, from the rows and the sizes of the pages,
// and compares that with the file.
type rewriteVerifier struct {
	sink    *sink
	against *comparer
	// pages are the current ones, one a leaf.
	pages []rewrittenPage
	// left is the rest of the memory for the index of all pages.
	left int64
}

// pageBytes is what a page takes in the index beside its bounds.
const pageBytes = 256

// rewrittenPage is the page of a column that the next rows belong to.
type rewrittenPage struct {
	header *format.DataPageHeaderV2
	// size is that of the page, rows how many have not come yet.
	size, rows int64
	// parsed are the bytes of the page headers of the chunk so far.
	parsed int
	// dictionary is the size of the page of the chunk's dictionary.
	dictionary int64
}

func newRewriteVerifier(f *dataFile, want *layout) (*rewriteVerifier, error) {
	meta := f.meta
	if err := checkKeys(meta, want); err != nil {
		return nil, err
	}
	r := &rewriteVerifier{against: &comparer{from: f.from}, pages: make([]rewrittenPage, len(want.leaves)), left: f.budget.Waiting()}
	none := exporter.Export{Parquet: exporter.ParquetOptions{Compression: "none", Bloom: []string{}}}
	created, err := Format{Workers: 1}.create(r.against, want, none, hashBytes)
	if err != nil {
		return nil, err
	}
	created.out.unchecked = nil
	created.footer.CreatedBy, created.footer.KeyValueMetadata = meta.CreatedBy, meta.KeyValueMetadata
	for _, group := range meta.RowGroups {
		if len(group.Columns) != len(created.columns) {
			return nil, fmt.Errorf("%w: %d column chunks instead of %d", errDamaged, len(group.Columns), len(created.columns))
		}
		for i, column := range created.columns {
			column.codec = meta.RowGroups[0].Columns[0].MetaData.Codec
			column.chunk = newChunk(column.leaf, column.codec)
			if _, ok := column.values.(*textValues); ok && group.Columns[i].MetaData.BloomFilterOffset != 0 {
				column.filter = new(bloomFilter)
			}
		}
	}
	r.sink = created
	return r, nil
}

// checkKeys checks what the rows do not tell.
func checkKeys(meta *format.FileMetaData, want *layout) error {
	var keys []string
	for _, pair := range meta.KeyValueMetadata {
		keys = append(keys, pair.Key)
	}
	if !slices.Equal(keys, []string{ArrowSchemaKey, exporter.ManifestKey}) {
		return fmt.Errorf("%w: its footer has the keys %q", errDamaged, keys)
	}
	if !strings.HasPrefix(meta.CreatedBy, createdBy) || !strings.HasSuffix(meta.CreatedBy, createdWith) {
		return fmt.Errorf("%w: it was created by %q", errDamaged, meta.CreatedBy)
	}
	stored := meta.KeyValueMetadata[0].Value
	arrowSchema, err := want.arrowSchema()
	if err != nil {
		return err
	}
	// Another length is that of other descriptions of the columns, which is not damage.
	if len(stored) == len(arrowSchema) && stored != arrowSchema {
		return fmt.Errorf("%w: its arrow schema does not match the table", errDamaged)
	}
	return nil
}

func (r *rewriteVerifier) rows(rec arrow.Record, columnReaders []*columnReader) error {
	rows := int(rec.NumRows())
	for i, shredder := range r.sink.shredders {
		for from := 0; from < rows; {
			to := rows
			for _, leaf := range shredder.leaves {
				if err := r.open(leaf, columnReaders[leaf]); err != nil {
					return fmt.Errorf("column %q: %w", columnReaders[leaf].leaf.name(), err)
				}
				to = min(to, from+int(r.pages[leaf].rows))
			}
			if err := shredder.writeRows(rec.Column(i), from, to); err != nil {
				return err
			}
			for _, leaf := range shredder.leaves {
				if err := r.add(leaf, int64(to-from)); err != nil {
					return err
				}
			}
			from = to
		}
	}
	r.sink.rows += rows
	return nil
}

// open goes to the page of a column's next row.
func (r *rewriteVerifier) open(leaf int, in *columnReader) error {
	page, column := &r.pages[leaf], r.sink.columns[leaf]
	for page.rows == 0 {
		left := in.pages.headers[page.parsed:]
		length, err := checkThrift(left)
		if err != nil {
			return err
		}
		header, err := decodeHeader(left[:length])
		if err != nil {
			return err
		}
		page.parsed += length
		page.size = int64(length) + int64(header.CompressedPageSize)
		column.chunk.meta.TotalUncompressedSize += int64(length) + int64(header.UncompressedPageSize)
		column.chunk.meta.TotalCompressedSize += page.size
		countPage(&column.chunk.meta, header)
		if header.Type == format.DictionaryPage {
			page.dictionary = page.size
			if column.filter != nil {
				column.filter.add(&in.buffer.(*textBuffer).dictionary)
			}
			continue
		}
		page.header, page.rows = &header.DataPageHeaderV2.V, int64(header.DataPageHeaderV2.V.NumRows)
		if page.rows == 0 {
			return fmt.Errorf("%w: a page without rows", errDamaged)
		}
	}
	return nil
}

// decodeHeader decodes a page header, which must be written as we write it.
func decodeHeader(data []byte) (*format.PageHeader, error) {
	header, protocol := new(format.PageHeader), new(thrift.CompactProtocol)
	if err := thrift.Unmarshal(protocol, data, header); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	header.DataPageHeaderV2.V.Statistics = format.Statistics{} // the sink writes none
	encoded, err := thrift.Marshal(protocol, header)
	if err == nil && !bytes.Equal(encoded, data) {
		err = fmt.Errorf("%w: a page header that lemexport would write differently", errDamaged)
	}
	return header, err
}

// add says that rows of a column were written, and ends its page when they were its last.
func (r *rewriteVerifier) add(leaf int, rows int64) error {
	page, column := &r.pages[leaf], r.sink.columns[leaf]
	if page.rows -= rows; page.rows > 0 {
		return nil
	}
	if text, ok := column.values.(*textValues); ok && column.filter != nil && page.header.Encoding != format.RLEDictionary {
		column.filter.add(&text.list)
	}
	column.chunk.add(column, encodedValues{}, page.header, page.size)
	column.rows, column.rep, column.def = 0, column.rep[:0], column.def[:0]
	column.values.clear()
	index := &column.chunk.index
	last := len(index.MinValues) - 1
	return r.keep(pageBytes + len(index.MinValues[last]) + len(index.MaxValues[last]))
}

// keep charges what is kept until the end of the file.
func (r *rewriteVerifier) keep(size int) error {
	if r.left -= int64(size); r.left < 0 {
		return exporter.TooLarge("verifying the bounds of its pages and row groups takes too much memory")
	}
	return nil
}

func (r *rewriteVerifier) group(_ *format.RowGroup, columnReaders []*columnReader) error {
	if err := r.sink.buffer.Flush(); err != nil {
		return err
	}
	var chunks []chunk
	start := r.sink.out.offset
	for i, column := range r.sink.columns {
		page := &r.pages[i]
		if page.rows > 0 || page.parsed < len(columnReaders[i].pages.headers) {
			return fmt.Errorf("%w: column %q has more pages than rows", errDamaged, column.leaf.name())
		}
		done := column.chunk
		if page.dictionary > 0 {
			done.meta.DictionaryPageOffset = r.sink.out.offset
		}
		done.end(r.sink.out.offset + page.dictionary)
		if err := r.keep(len(done.meta.Statistics.MinValue) + len(done.meta.Statistics.MaxValue)); err != nil {
			return err
		}
		r.sink.out.offset += done.meta.TotalCompressedSize
		r.against.at = r.sink.out.offset
		chunks = append(chunks, done)
		column.chunk, *page = newChunk(column.leaf, column.codec), rewrittenPage{}
	}
	rows := r.sink.rows
	r.sink.rows = 0
	return r.sink.addGroup(start, rows, chunks)
}

func (r *rewriteVerifier) end() error {
	if err := r.sink.writeIndex(); err != nil {
		return err
	}
	if err := r.sink.out.end(&r.sink.footer); err != nil {
		return err
	}
	return r.sink.buffer.Flush()
}

// comparer is a writer that compares with a file instead of writing it.
type comparer struct {
	from io.ReaderAt
	at   int64
	have []byte
}

var errMismatch = errors.New("its bloom filters, page indexes or footer do not match its rows")

// Write compares what is next with data.
func (c *comparer) Write(data []byte) (int, error) {
	c.have = resized(c.have, len(data))
	if n, err := c.from.ReadAt(c.have, c.at); n < len(data) {
		return 0, err
	}
	c.at += int64(len(data))
	if !bytes.Equal(c.have, data) {
		return 0, errMismatch
	}
	return len(data), nil
}
