package parquet

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// column writes one Parquet column. What is added waits for the end of its page;
// pages wait, compressed, for the end of the row group.
type column struct {
	leaf  *node
	codec format.CompressionCodec
	// rows, rep, def and values belong to the page being filled.
	rows     int64
	rep, def []uint8
	values   values
	// dictionary and filter are those of values, nil where it has none.
	dictionary *dictionary
	filter     *bloomFilter
	// waiting holds the pages, which are written through pages, and headers their headers.
	waiting segmentedBuffer
	headers bytes.Buffer
	pages   *output
	chunk   chunk
}

func newColumn(leaf *node, codec format.CompressionCodec, filtered bool) *column {
	c := &column{leaf: leaf, codec: codec, chunk: newChunk(leaf, codec)}
	c.pages = newOutput(&c.waiting)
	c.pages.unchecked = &c.headers
	if leaf.storage.dictionary {
		c.dictionary = newDictionary()
	}
	if filtered {
		c.filter = new(bloomFilter)
	}
	c.values = newValues(leaf, c.dictionary, c.filter)
	return c
}

// add appends values with the levels of their slots.
func (c *column) add(values arrow.Array, in *slots) {
	c.def = append(c.def, in.def...)
	if c.leaf.maxRep > 0 {
		c.rep = append(c.rep, in.rep...)
	}
	if len(in.values) > 0 { // an array without values may be without memory
		c.values.add(values, in.values)
	}
}

// endRows says that so many rows were added, and ends the page when it is full.
func (c *column) endRows(p *pageEncoder, rows int) error {
	c.rows += int64(rows)
	if c.values.size()+len(c.rep)+len(c.def) < p.pageBytes {
		return nil
	}
	return c.endPage(p)
}

// endPage ends the page, unless it is empty.
func (c *column) endPage(p *pageEncoder) error {
	if c.rows == 0 {
		return nil
	}
	levels, repetition, err := p.encodeLevels(c)
	if err != nil {
		return err
	}
	encoded, err := c.values.encode(p.body)
	if err != nil {
		return err
	}
	p.body = encoded.body
	defer p.trim()
	page := format.DataPageHeaderV2{
		NumValues:                  int32(len(c.def)),
		NumNulls:                   int32(len(c.def) - bytes.Count(c.def, []byte{uint8(c.leaf.maxDef)})),
		NumRows:                    int32(c.rows),
		Encoding:                   encoded.encoding,
		RepetitionLevelsByteLength: int32(repetition),
		DefinitionLevelsByteLength: int32(len(levels) - repetition),
		IsCompressed:               thrift.New(c.codec != format.Uncompressed),
	}
	if !c.leaf.storage.legacy {
		page.Statistics.NullCount = int64(page.NumNulls)
	}
	size, err := p.writePage(c.pages, &c.chunk.meta, &format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: thrift.New(page)}, levels, encoded.body)
	if err != nil {
		return err
	}
	c.chunk.add(c, encoded, &page, size)
	c.rows, c.rep, c.def = 0, c.rep[:0], c.def[:0]
	c.values.clear()
	return nil
}

// flush writes the chunk, whose pages have ended, to the file, without its filter,
// and begins the next one.
func (c *column) flush(p *pageEncoder, out *output) (chunk, error) {
	done := c.chunk
	if c.dictionary != nil {
		if err := c.flushDictionary(p, out, &done.meta); err != nil {
			return done, err
		}
	}
	done.end(out.offset)
	if out.unchecked != nil {
		if _, err := c.headers.WriteTo(out.unchecked); err != nil {
			return done, err
		}
	}
	c.headers.Reset()
	err := c.waiting.writeTo(out)
	c.pages.offset = 0
	c.chunk = newChunk(c.leaf, c.codec)
	return done, err
}

// flushDictionary writes the dictionary's page, if a page uses it, and begins the next one.
func (c *column) flushDictionary(p *pageEncoder, out *output, meta *columnMeta) error {
	defer c.dictionary.clear()
	list := &c.dictionary.list
	if list.len() == 0 {
		return nil
	}
	if c.filter != nil {
		c.filter.add(list)
	}
	body := list.text
	if c.chunk.meta.Type == format.ByteArray {
		var err error
		if p.body, err = parquet.Plain.EncodeByteArray(p.body, list.text, list.ends); err != nil {
			return err
		}
		body = p.body
	}
	meta.DictionaryPageOffset = out.offset
	header := format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
		NumValues: int32(list.len()),
		Encoding:  format.Plain,
	})}
	_, err := p.writePage(out, meta, &header, nil, body)
	return err
}
