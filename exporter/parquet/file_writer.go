package parquet

import (
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// endGroup writes the row group, unless it is empty.
func (s *sink) endGroup() error {
	if s.rows == 0 {
		return nil
	}
	if len(s.footer.RowGroups) > math.MaxInt16 {
		return fmt.Errorf("more than %d row groups", len(s.footer.RowGroups))
	}
	if err := s.each(s.rows, func(p *packer, shredder *shredder, _ int) error { return s.endPages(p, shredder) }); err != nil {
		return err
	}
	start, chunks := s.out.offset, make([]chunk, len(s.columns))
	for i, column := range s.columns {
		var err error
		if chunks[i], err = column.flush(s.packers[0], s.out); err != nil {
			return err
		}
	}
	return s.addGroup(start, chunks)
}

// addGroup adds the row group, whose chunks begin at start and are written, to the
// footer, and writes its filters.
func (s *sink) addGroup(start int64, chunks []chunk) error {
	group := rowGroup{
		NumRows:        int64(s.rows),
		FileOffset:     start,
		SortingColumns: s.layout.sorting(),
		Ordinal:        int16(len(s.footer.RowGroups)),
	}
	for i, column := range s.columns {
		meta := &chunks[i].meta
		if column.filter != nil {
			if err := column.filter.write(s.out, meta); err != nil {
				return err
			}
		}
		group.Columns = append(group.Columns, columnChunk{MetaData: *meta})
		group.TotalByteSize += meta.TotalUncompressedSize
		group.TotalCompressedSize += meta.TotalCompressedSize
	}
	s.chunks = append(s.chunks, chunks...)
	s.footer.RowGroups = append(s.footer.RowGroups, group)
	s.footer.NumRows += group.NumRows
	s.rows = 0
	return nil
}

// writeIndex writes the page index of the whole file: first the bounds of all
// pages, then their places.
func (s *sink) writeIndex() (err error) {
	columns := make([]*columnChunk, 0, len(s.chunks))
	for _, group := range s.footer.RowGroups {
		for i := range group.Columns {
			columns = append(columns, &group.Columns[i])
		}
	}
	for i, to := range columns {
		if to.ColumnIndexOffset, to.ColumnIndexLength, err = s.out.encode(&s.chunks[i].index); err != nil {
			return err
		}
	}
	for i, to := range columns {
		if to.OffsetIndexOffset, to.OffsetIndexLength, err = s.out.encode(&format.OffsetIndex{PageLocations: s.chunks[i].locations}); err != nil {
			return err
		}
	}
	return nil
}
