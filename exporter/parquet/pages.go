package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// headerBytes is more than the header of a page without statistics takes.
const headerBytes = 512

// checkChunks checks the columns of a row group before the library reads them.
func checkChunks(r io.ReaderAt, group *format.RowGroup, layout *layout) error {
	if len(group.Columns) != len(layout.leaves) {
		return fmt.Errorf("%w: %d column chunks instead of %d", errDamaged, len(group.Columns), len(layout.leaves))
	}
	for i, leaf := range layout.leaves {
		chunk := &group.Columns[i].MetaData
		if chunk.Type != physical(leaf.column.Type) || chunk.Codec != group.Columns[0].MetaData.Codec {
			return fmt.Errorf("%w: column %q is %s in %s", errDamaged, leaf.name(), chunk.Type, chunk.Codec)
		}
		pages := pageChecker{from: r, chunk: chunk, leaf: leaf}
		if err := pages.check(group.NumRows); err != nil {
			return fmt.Errorf("column %q: %w", leaf.name(), err)
		}
	}
	return nil
}

// firstPage is the offset of a column chunk.
func firstPage(chunk *format.ColumnMetaData) int64 {
	if chunk.DictionaryPageOffset != 0 {
		return chunk.DictionaryPageOffset
	}
	return chunk.DataPageOffset
}

// pageChecker walks the page headers and levels of a column chunk, without the
// values. Checksums cover page bodies only, and the library believes headers: it
// allocates what they say. So every number of a header is first compared with
// another place that says the same.
type pageChecker struct {
	from   io.ReaderAt
	chunk  *format.ColumnMetaData
	leaf   *branch
	seen   tally
	buffer []byte
}

// tally sums what page headers say.
type tally struct {
	bytes, values, nulls, rows int64
}

func (p *pageChecker) check(rows int64) error {
	offset := firstPage(p.chunk)
	end := offset + p.chunk.TotalCompressedSize
	for number := 1; offset < end; number++ {
		size, err := p.page(offset, end, number)
		if err != nil {
			return fmt.Errorf("page %d: %w", number, err)
		}
		offset += size
	}
	want := tally{p.chunk.TotalUncompressedSize, p.chunk.NumValues, p.chunk.Statistics.NullCount, rows}
	if p.seen != want {
		return fmt.Errorf("%w: its pages hold %+v instead of %+v", errDamaged, p.seen, want)
	}
	return nil
}

// page checks the page at offset and returns its size with its header.
func (p *pageChecker) page(offset, end int64, number int) (int64, error) {
	head, err := p.read(offset, min(headerBytes, end-offset))
	if err != nil {
		return 0, err
	}
	length, err := checkThrift(head)
	if err != nil {
		return 0, err
	}
	var header format.PageHeader
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), head[:length], &header); err != nil {
		return 0, fmt.Errorf("%w: %w", errDamaged, err)
	}
	size := int64(length) + int64(header.CompressedPageSize)
	if header.CompressedPageSize < 0 || header.UncompressedPageSize < 0 || size > end-offset {
		return 0, fmt.Errorf("%w: %d bytes where %d are left", errDamaged, size, end-offset)
	}
	p.seen.bytes += int64(length) + int64(header.UncompressedPageSize)
	if header.Type == format.DictionaryPage && number == 1 && p.leaf.storage.dictionary && p.chunk.DictionaryPageOffset != 0 {
		if dict := header.DictionaryPageHeader; !dict.Valid || dict.V.NumValues < 0 || dict.V.Encoding != format.Plain {
			return 0, fmt.Errorf("%w: a bad dictionary", errDamaged)
		}
		return size, nil
	}
	return size, p.data(&header, offset+int64(length))
}

// data checks a data page of the kind that the sink writes.
func (p *pageChecker) data(header *format.PageHeader, body int64) error {
	page := header.DataPageHeaderV2.V
	repetition, definition := int64(page.RepetitionLevelsByteLength), int64(page.DefinitionLevelsByteLength)
	switch {
	case header.Type != format.DataPageV2 || !header.DataPageHeaderV2.Valid:
		return fmt.Errorf("%w: its type is %s", errDamaged, header.Type)
	case page.Encoding != p.leaf.storage.encoding.Encoding() && (page.Encoding != format.RLEDictionary || p.chunk.DictionaryPageOffset == 0):
		return fmt.Errorf("%w: its encoding is %s", errDamaged, page.Encoding)
	case page.NumNulls < 0 || page.NumRows < 0 || page.NumValues < page.NumNulls || page.NumValues < page.NumRows:
		return fmt.Errorf("%w: %d values, %d nulls, %d rows", errDamaged, page.NumValues, page.NumNulls, page.NumRows)
	case page.IsCompressed.Valid && page.IsCompressed.V != (p.chunk.Codec != format.Uncompressed):
		return fmt.Errorf("%w: it disagrees on compression", errDamaged)
	case repetition < 0 || definition < 0 || repetition+definition > int64(header.CompressedPageSize),
		(repetition == 0) != (p.leaf.again == 0), (definition == 0) != (p.leaf.present == 0):
		return fmt.Errorf("%w: levels of %d and %d bytes", errDamaged, repetition, definition)
	}
	levels, err := p.read(body, repetition+definition)
	if err != nil {
		return err
	}
	values := int64(page.NumValues)
	if repetition > 0 {
		err = checkLevels(levels[:repetition], p.leaf.again, values)
	}
	if definition > 0 {
		err = errors.Join(err, checkLevels(levels[repetition:], p.leaf.present, values))
	}
	p.seen.values += values
	p.seen.nulls += int64(page.NumNulls)
	p.seen.rows += int64(page.NumRows)
	return err
}

// read returns bytes of the file, good until the next call.
func (p *pageChecker) read(offset, size int64) ([]byte, error) {
	if int64(cap(p.buffer)) < size {
		p.buffer = make([]byte, size)
	}
	buffer := p.buffer[:size]
	if n, err := p.from.ReadAt(buffer, offset); int64(n) < size {
		return nil, err
	}
	return buffer, nil
}
