package parquet

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// taker takes over row groups of another file as they are stored there. What describes
// their pages is taken over too, so all of it, in the whole file, must be as it was written.
type taker struct {
	*sink
	file    *dataFile
	written *fileMeta
	decoder *pageDecoder
	check   *hashVerifier
	// next is the first row group that was neither taken nor passed.
	next int
}

func newTaker(s *sink, file *dataFile) (t *taker, err error) {
	defer catch(&err)
	t = &taker{sink: s, file: file, check: newHashVerifier(file)}
	if t.written, err = file.written(); err != nil {
		return nil, err
	}
	t.decoder, err = newPageDecoder(file.from, file.budget)
	return t, err
}

// Close frees the memory of the pages.
func (t *taker) Close() { t.decoder.close() }

// Take appends row groups as they are stored.
func (t *taker) Take(ctx context.Context, from, to int) error {
	return t.guard(func() error {
		if err := t.endGroup(); err != nil {
			return err
		}
		return t.reach(ctx, from, to)
	})
}

// End compares what no page's checksum covers with its own.
func (t *taker) End(ctx context.Context) error {
	return t.guard(func() error {
		if err := t.reach(ctx, t.file.Groups(), t.file.Groups()); err != nil {
			return err
		}
		if err := t.check.end(); err != nil {
			return fmt.Errorf("%w: %w", exporter.ErrAltered, err)
		}
		t.taking = false
		return nil
	})
}

// guard makes an error that of the sink.
func (t *taker) guard(do func() error) error {
	if t.failed != nil {
		return t.failed
	}
	err := func() (err error) {
		defer catch(&err)
		return do()
	}()
	if err != nil {
		t.failed = advise(fmt.Errorf("take over parquet row groups: %w", err))
	}
	return t.failed
}

// reach passes the row groups before from, and takes those from there on up to another.
func (t *taker) reach(ctx context.Context, from, to int) error {
	for ; t.next < to; t.next++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		one := groupTaker{taker: t, group: &t.written.RowGroups[t.next], meta: &t.file.meta.RowGroups[t.next]}
		do := one.take
		if t.next < from {
			do = one.pass
		}
		if err := do(); err != nil {
			return fmt.Errorf("row group %d: %w", t.next+1, err)
		}
	}
	return nil
}

// groupTaker reads one row group as it is stored.
type groupTaker struct {
	*taker
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
