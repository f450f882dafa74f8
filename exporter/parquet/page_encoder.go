package parquet

import (
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"

	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// pageEncoder writes pages, one at a time. A worker has one, for its memory.
type pageEncoder struct {
	codec compress.Codec
	// pageBytes is about how large a page is before compression.
	pageBytes int
	// levels, body and compressed are reused for every page.
	levels, body, compressed []byte
}

// trim frees the memory of a large page.
func (p *pageEncoder) trim() {
	if cap(p.body)+cap(p.compressed) > 4*PageBytes {
		p.body, p.compressed = nil, nil
	}
}

// encodeLevels returns the levels of a column's page as they are stored: repetition
// levels, which take that many bytes, then definition levels.
func (p *pageEncoder) encodeLevels(c *column) (levels []byte, repetition int, err error) {
	p.levels = p.levels[:0]
	if err := p.appendLevels(c.rep, c.leaf.maxRep); err != nil {
		return nil, 0, err
	}
	repetition = len(p.levels)
	err = p.appendLevels(c.def, c.leaf.maxDef)
	return p.levels, repetition, err
}

// appendLevels encodes levels, unless there is only one.
func (p *pageEncoder) appendLevels(levels []uint8, highest int) error {
	if highest == 0 {
		return nil
	}
	encoding := rle.Encoding{BitWidth: bits.Len(uint(highest))}
	encoded, err := encoding.EncodeLevels(p.compressed, levels)
	if err != nil {
		return err
	}
	p.compressed = encoded
	p.levels = append(p.levels, encoded...)
	return nil
}

// writePage writes a page: its header, its levels, and its body, which it
// compresses. It adds the page to the sums of its chunk and returns its size.
func (p *pageEncoder) writePage(out *output, meta *columnMeta, header *format.PageHeader, levels, body []byte) (size int64, err error) {
	if p.compressed, err = p.codec.Encode(p.compressed, body); err != nil {
		return 0, err
	}
	whole, small := len(levels)+len(body), len(levels)+len(p.compressed)
	if max(whole, small) > math.MaxInt32 {
		return 0, fmt.Errorf("a page of %d bytes is too large", whole)
	}
	header.UncompressedPageSize, header.CompressedPageSize = int32(whole), int32(small)
	header.CRC = int32(crc32.Update(crc32.ChecksumIEEE(levels), crc32.IEEETable, p.compressed))
	start, length, err := out.encode(header)
	if err != nil {
		return 0, err
	}
	for _, part := range [][]byte{levels, p.compressed} {
		if _, err := out.writeBody(part); err != nil {
			return 0, err
		}
	}
	meta.TotalUncompressedSize += int64(length) + int64(whole)
	meta.TotalCompressedSize += out.offset - start
	countPage(meta, header)
	return out.offset - start, nil
}

// countPage adds a page to the encodings of its chunk.
func countPage(meta *columnMeta, header *format.PageHeader) {
	encoding := header.DictionaryPageHeader.V.Encoding
	if header.Type == format.DataPageV2 {
		encoding = header.DataPageHeaderV2.V.Encoding
	}
	for i := range meta.EncodingStats {
		if stats := &meta.EncodingStats[i]; stats.PageType == header.Type && stats.Encoding == encoding {
			stats.Count++
			return
		}
	}
	meta.EncodingStats = append(meta.EncodingStats, format.PageEncodingStats{PageType: header.Type, Encoding: encoding, Count: 1})
}
