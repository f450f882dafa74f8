package parquet

import (
	"fmt"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// headerBytes is more than the header of a page without statistics takes.
const headerBytes = 512

// firstPage is the offset of a column chunk.
func firstPage(chunk *format.ColumnMetaData) int64 {
	if chunk.DictionaryPageOffset != 0 {
		return chunk.DictionaryPageOffset
	}
	return chunk.DataPageOffset
}

// pageReader reads the pages of a column chunk. Checksums cover page bodies only, so
// every number of a header is compared with another one that has to agree, and the
// totals of all pages with the footer.
type pageReader struct {
	from  *pageDecoder
	leaf  *node
	chunk *format.ColumnMetaData
	// rows are those of the row group.
	rows int64
	// offset is where the next page begins, end where the chunk ends.
	offset, end int64
	number      int
	totals      pageTotals
	// prefetched is the beginning of the next page, read together with the one before.
	prefetched []byte
	// headers are the headers of the pages of the chunk so far.
	headers []byte
	page    page
}

// pageTotals are the sums of what page headers say.
type pageTotals struct {
	bytes, values, nulls, rows int64
}

// start goes to a column chunk.
func (p *pageReader) start(chunk *format.ColumnMetaData, rows int64) error {
	p.chunk, p.rows, p.number, p.totals = chunk, rows, 0, pageTotals{}
	p.prefetched, p.headers = p.prefetched[:0], p.headers[:0]
	p.offset = firstPage(chunk)
	p.end = p.offset + chunk.TotalCompressedSize
	if chunk.Type != physical(p.leaf.column.Type) {
		return fmt.Errorf("%w: its type is %s", errDamaged, chunk.Type)
	}
	return nil
}

// next returns the next page, nil at the end of the chunk.
func (p *pageReader) next() (*page, error) {
	if p.offset >= p.end {
		return nil, p.ended()
	}
	p.number++
	page, err := p.read()
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", p.number, err)
	}
	return page, nil
}

// ended compares the pages of the chunk with what the footer says of it.
func (p *pageReader) ended() error {
	want := pageTotals{p.chunk.TotalUncompressedSize, p.chunk.NumValues, p.chunk.Statistics.NullCount, p.rows}
	if p.totals != want {
		return fmt.Errorf("%w: its pages hold %+v instead of %+v", errDamaged, p.totals, want)
	}
	return nil
}

func (p *pageReader) read() (*page, error) {
	header, data, err := p.fetch()
	if err != nil {
		return nil, err
	}
	return p.decompress(header, data)
}

// fetch reads the next page as it is stored. It is good until the next read.
func (p *pageReader) fetch() (header *format.PageHeader, data []byte, err error) {
	header, length, err := p.header()
	if err != nil {
		return nil, nil, err
	}
	size := int64(header.CompressedPageSize)
	left := p.end - p.offset - int64(length)
	if size < 0 || size > left {
		return nil, nil, fmt.Errorf("%w: a page of %d bytes with %d left in its chunk", errDamaged, size, left)
	}
	data, err = p.from.read(p.offset+int64(length), min(size+headerBytes, left))
	if err != nil {
		return nil, nil, err
	}
	p.prefetched = append(p.prefetched[:0], data[size:]...)
	p.offset += int64(length) + size
	p.totals.bytes += int64(length) + int64(header.UncompressedPageSize)
	if data = data[:size]; int32(crc32.ChecksumIEEE(data)) != header.CRC {
		return nil, nil, fmt.Errorf("%w: checksum mismatch", errDamaged)
	}
	return header, data, nil
}

// header reads the header of the next page.
func (p *pageReader) header() (header *format.PageHeader, length int, err error) {
	if p.number == 1 {
		data, err := p.from.read(p.offset, min(headerBytes, p.end-p.offset))
		if err != nil {
			return nil, 0, err
		}
		p.prefetched = append(p.prefetched[:0], data...)
	}
	length, err = checkThrift(p.prefetched)
	if err != nil {
		return nil, 0, err
	}
	p.headers = append(p.headers, p.prefetched[:length]...)
	header, err = p.from.header(p.prefetched[:length])
	return header, length, err
}

// decompress checks a page of a kind that the sink writes, and decompresses it.
func (p *pageReader) decompress(header *format.PageHeader, data []byte) (decoded *page, err error) {
	if decoded, err = p.describe(header); err != nil {
		return nil, err
	}
	levels := int(decoded.RepetitionLevelsByteLength) + int(decoded.DefinitionLevelsByteLength)
	decoded.repetition = data[:decoded.RepetitionLevelsByteLength]
	decoded.definition = data[decoded.RepetitionLevelsByteLength:levels]
	decoded.body, err = p.from.decompress(p.chunk.Codec, data[levels:], int(header.UncompressedPageSize)-levels)
	return decoded, err
}

// describe checks the header of a page of a kind that the sink writes, and returns the
// page without its content.
func (p *pageReader) describe(header *format.PageHeader) (*page, error) {
	decoded := &p.page
	*decoded = page{}
	if header.Type == format.DictionaryPage && p.number == 1 && p.leaf.reads(format.RLEDictionary) && p.chunk.DictionaryPageOffset != 0 {
		dict := header.DictionaryPageHeader
		if !dict.Valid || dict.V.NumValues < 0 || dict.V.Encoding != format.Plain {
			return nil, fmt.Errorf("%w: invalid dictionary", errDamaged)
		}
		decoded.dictionary, decoded.NumValues = true, dict.V.NumValues
	} else {
		if err := p.check(header); err != nil {
			return nil, err
		}
		decoded.DataPageHeaderV2 = header.DataPageHeaderV2.V
	}
	return decoded, nil
}

// skip reads the header of the next page, and no more of it.
func (p *pageReader) skip() error {
	header, length, err := p.header()
	if err != nil {
		return err
	}
	size, left := int64(header.CompressedPageSize), p.end-p.offset-int64(length)
	if size < 0 || size > left {
		return fmt.Errorf("%w: a page of %d bytes with %d left in its chunk", errDamaged, size, left)
	}
	p.offset += int64(length) + size
	if p.offset == p.end {
		return nil
	}
	next, err := p.from.read(p.offset, min(headerBytes, p.end-p.offset))
	p.prefetched = append(p.prefetched[:0], next...)
	return err
}

// check compares what the header of a data page says.
func (p *pageReader) check(header *format.PageHeader) error {
	page := &header.DataPageHeaderV2.V
	repetition, definition := int64(page.RepetitionLevelsByteLength), int64(page.DefinitionLevelsByteLength)
	switch {
	case header.Type != format.DataPageV2 || !header.DataPageHeaderV2.Valid:
		return fmt.Errorf("%w: its type is %s", errDamaged, header.Type)
	case !p.leaf.reads(page.Encoding) || page.Encoding == format.RLEDictionary && p.chunk.DictionaryPageOffset == 0:
		return fmt.Errorf("%w: its encoding is %s", errDamaged, page.Encoding)
	case page.NumNulls < 0 || page.NumRows < 0 || page.NumValues < page.NumNulls || page.NumValues < page.NumRows || page.NumRows == 0:
		return fmt.Errorf("%w: %d values, %d nulls, %d rows", errDamaged, page.NumValues, page.NumNulls, page.NumRows)
	case page.IsCompressed.Valid && page.IsCompressed.V != (p.chunk.Codec != format.Uncompressed):
		return fmt.Errorf("%w: its header contradicts the compression of its chunk", errDamaged)
	case repetition < 0 || definition < 0 || repetition+definition > int64(header.CompressedPageSize),
		(repetition == 0) != (p.leaf.maxRep == 0), (definition == 0) != (p.leaf.maxDef == 0):
		return fmt.Errorf("%w: levels of %d and %d bytes", errDamaged, repetition, definition)
	}
	if int64(page.NumValues) > p.from.maxSlots {
		return exporter.TooLarge("%d values in a page; the limit is %d", page.NumValues, p.from.maxSlots)
	}
	p.totals.values += int64(page.NumValues)
	p.totals.nulls += int64(page.NumNulls)
	p.totals.rows += int64(page.NumRows)
	return nil
}
