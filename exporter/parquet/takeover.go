package parquet

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// taker takes over row groups of another file as they are stored there.
type taker struct {
	*sink
	file *dataFile
}

// from is the first row group from which on it can take over all.
func (t taker) from() int {
	groups := t.file.meta.RowGroups
	from := len(groups)
	// The footer is decoded again, and the page indexes take about as much.
	if !t.alike() || t.file.held.Left() < 3*t.file.held.Held() {
		return from
	}
	for from > 0 && t.takes(&groups[from-1], from == len(groups)) {
		from--
	}
	return from
}

// alike reports whether this version of the sink has written the file, with the same schema.
func (t taker) alike() bool {
	arrowSchema, ok := t.file.lookup(ArrowSchemaKey)
	if !ok || !t.file.Sealed() || t.file.meta.CreatedBy != t.footer.CreatedBy || arrowSchema != t.footer.KeyValueMetadata[0].Value {
		return false
	}
	elements := func(schema []format.SchemaElement) []byte {
		body, err := thrift.Marshal(new(thrift.CompactProtocol), &fileMeta{Schema: schema})
		if err != nil {
			return nil
		}
		return body
	}
	mine := elements(t.footer.Schema)
	return mine != nil && bytes.Equal(mine, elements(t.file.meta.Schema))
}

// takes reports whether the sink would write the rows of a row group in the same way, but
// for the level of compression. A row group that is less than half full, and not the last,
// is written anew: it would never become larger.
func (t taker) takes(group *format.RowGroup, last bool) bool {
	half := 2*group.NumRows >= int64(t.groupRows) || 2*group.TotalCompressedSize >= int64(t.groupBytes)
	if len(group.Columns) != len(t.columns) || group.NumRows > int64(t.groupRows) || !last && !half {
		return false
	}
	for i, column := range t.columns {
		meta := &group.Columns[i].MetaData
		values := meta.NumValues > meta.Statistics.NullCount
		if meta.Codec != column.codec || values && (column.filter != nil) != (meta.BloomFilterLength > 0) {
			return false
		}
		storage := column.leaf.storage
		if slices.ContainsFunc(meta.EncodingStats, func(used format.PageEncodingStats) bool {
			written := used.Encoding == storage.encoding.Encoding() || storage.dictionary && used.Encoding == format.RLEDictionary
			return used.PageType == format.DataPageV2 && !written
		}) {
			return false
		}
	}
	return true
}

// take appends the row groups from that one on. What describes their pages is taken over
// too, so all of it, in the whole file, must be as it was written.
func (t taker) take(ctx context.Context, from int) (err error) {
	defer catch(&err)
	if err := t.endGroup(); err != nil {
		return err
	}
	written, err := t.file.written()
	if err != nil {
		return err
	}
	decoder, err := newPageDecoder(t.file.from, t.file.budget)
	if err != nil {
		return err
	}
	defer decoder.close()
	check := newHashVerifier(t.file)
	for i := range written.RowGroups {
		if err := ctx.Err(); err != nil {
			return err
		}
		one := groupTaker{taker: t, decoder: decoder, check: check, group: &written.RowGroups[i], meta: &t.file.meta.RowGroups[i]}
		if i < from {
			err = one.pass()
		} else {
			err = one.take()
		}
		if err != nil {
			return fmt.Errorf("row group %d: %w", i+1, err)
		}
	}
	if err := check.end(); err != nil {
		return fmt.Errorf("%w: %w", exporter.ErrAltered, err)
	}
	return nil
}

// groupTaker reads one row group as it is stored.
type groupTaker struct {
	taker
	decoder *pageDecoder
	check   *hashVerifier
	// group and meta are the row group as the sink and as the library decode it.
	group *rowGroup
	meta  *format.RowGroup
}

// pass checks the page headers of a row group that is not taken.
func (t groupTaker) pass() error {
	for i := range t.columns {
		pages, err := t.enter(i)
		if err != nil {
			return err
		}
		for pages.offset < pages.end {
			pages.number++
			if err := pages.skip(); err != nil {
				return err
			}
		}
		t.leave(pages)
	}
	return nil
}

// take appends the row group.
func (t groupTaker) take() error {
	if len(t.footer.RowGroups) > math.MaxInt16 {
		return fmt.Errorf("more than %d row groups", len(t.footer.RowGroups))
	}
	group := *t.group
	group.FileOffset, group.Ordinal, group.Columns = t.out.offset, int16(len(t.footer.RowGroups)), nil
	chunks := make([]chunk, len(t.columns))
	for i := range t.columns {
		var err error
		if chunks[i], err = t.chunk(i); err != nil {
			return err
		}
	}
	for i := range chunks {
		if err := t.bloomFilter(&chunks[i].meta); err != nil {
			return err
		}
		group.Columns = append(group.Columns, columnChunk{MetaData: chunks[i].meta})
	}
	t.chunks = append(t.chunks, chunks...)
	t.footer.RowGroups = append(t.footer.RowGroups, group)
	t.footer.NumRows += group.NumRows
	return nil
}

// enter goes to a column chunk.
func (t groupTaker) enter(column int) (*pageReader, error) {
	if len(t.group.Columns) != len(t.columns) {
		return nil, fmt.Errorf("%w: %d column chunks instead of %d", errDamaged, len(t.group.Columns), len(t.columns))
	}
	pages := &pageReader{from: t.decoder, leaf: t.columns[column].leaf}
	chunk := &t.meta.Columns[column].MetaData
	if err := pages.start(chunk, t.meta.NumRows); err != nil {
		return nil, err
	}
	return pages, t.check.reach(firstPage(chunk))
}

// leave goes to the end of a column chunk whose page headers were read.
func (t groupTaker) leave(pages *pageReader) {
	_, _ = t.check.sum.Write(pages.headers) // a hash never fails
	t.check.at = pages.end
}

// chunk appends the pages of a column chunk, and returns what is known of them.
func (t groupTaker) chunk(column int) (taken chunk, err error) {
	was := &t.group.Columns[column]
	pages, err := t.enter(column)
	if err != nil {
		return chunk{}, err
	}
	moved := t.out.offset - pages.offset
	for pages.offset < pages.end {
		pages.number++
		before := len(pages.headers)
		header, body, err := pages.fetch()
		if err == nil {
			_, err = pages.describe(header)
		}
		if err == nil {
			_, err = t.out.Write(pages.headers[before:])
		}
		if err == nil {
			_, err = t.out.writeBody(body)
		}
		if err != nil {
			return chunk{}, fmt.Errorf("column %q: page %d: %w", pages.leaf.name(), pages.number, err)
		}
	}
	if err := pages.ended(); err != nil {
		return chunk{}, fmt.Errorf("column %q: %w", pages.leaf.name(), err)
	}
	t.leave(pages)

	taken = chunk{leaf: pages.leaf, meta: was.MetaData}
	taken.meta.DataPageOffset += moved
	if taken.meta.DictionaryPageOffset != 0 {
		taken.meta.DictionaryPageOffset += moved
	}
	if err := t.decode(was.ColumnIndexOffset, was.ColumnIndexLength, &taken.index); err != nil {
		return chunk{}, err
	}
	var located format.OffsetIndex
	err = t.decode(was.OffsetIndexOffset, was.OffsetIndexLength, &located)
	taken.locations = located.PageLocations
	for i := range taken.locations {
		taken.locations[i].Offset += moved
	}
	return taken, err
}

// decode decodes a structure of the file.
func (t groupTaker) decode(offset int64, length int32, to any) error {
	data, err := t.part(offset, length)
	if err != nil {
		return err
	}
	return t.file.unmarshal(bytes.Clone(data), to)
}

// part reads a part of the file that has no pages. It is good until the next read.
func (t groupTaker) part(offset int64, length int32) ([]byte, error) {
	if offset < 0 || length < 0 || offset > t.file.end-int64(length) {
		return nil, fmt.Errorf("%w: %d bytes at %d in a file of %d", errDamaged, length, offset, t.file.size)
	}
	return t.decoder.read(offset, int64(length))
}

// bloomFilter appends the bloom filter of a column chunk, if it has one.
func (t groupTaker) bloomFilter(meta *columnMeta) error {
	if meta.BloomFilterLength == 0 {
		return nil
	}
	filter, err := t.part(meta.BloomFilterOffset, meta.BloomFilterLength)
	if err != nil {
		return err
	}
	meta.BloomFilterOffset = t.out.offset
	_, err = t.out.Write(filter)
	return err
}
