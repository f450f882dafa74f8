package parquet

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// columnReader reads one Parquet column, a page at a time: the inverse of column. What
// it decoded waits for the records that take it.
type columnReader struct {
	leaf  *node
	pages pageReader
	// rows wait, with their levels and values. In columns outside of lists each row
	// is one slot, and rep is empty.
	rows     int
	rep, def levels
	buffer   valueBuffer
	// taken are the slots that the record being built takes, and values how many of
	// them have one. On the way down the slots narrow to the elements of lists.
	taken  slotLevels
	values int
}

func newColumnReader(leaf *node, from *pageDecoder) *columnReader {
	return &columnReader{
		leaf:   leaf,
		pages:  pageReader{from: from, leaf: leaf},
		rep:    newLevels(leaf.maxRep),
		def:    newLevels(leaf.maxDef),
		buffer: newValueBuffer(leaf, from),
	}
}

// start goes to a column chunk.
func (in *columnReader) start(chunk *format.ColumnMetaData, rows int64) error {
	in.rows = 0
	in.rep.clear()
	in.def.clear()
	in.buffer.clear()
	return in.wrap(in.pages.start(chunk, rows))
}

// nextPage decodes the next page, and reports false at the end of the chunk.
func (in *columnReader) nextPage() (bool, error) {
	page, err := in.pages.next()
	if page == nil {
		return false, in.wrap(err)
	}
	return true, in.wrap(in.decode(page))
}

func (in *columnReader) decode(page *page) error {
	if !page.dictionary {
		if err := page.levels(&in.rep, &in.def); err != nil {
			return err
		}
		in.rows += int(page.NumRows)
	}
	return in.buffer.decode(in.pages.from, page, int(page.NumValues-page.NumNulls))
}

// size is about how many bytes wait, as the sink counts those of a page.
func (in *columnReader) size() int { return in.buffer.size() + in.rep.len() + in.def.len() }

// take chooses the rows of the next record. What it gives is good until the next page.
func (in *columnReader) take(rows int) {
	slots := rows
	if in.leaf.maxRep > 0 {
		slots = slotsOf(in.rep.waiting(), rows)
		in.taken.rep = in.rep.take(slots)
	}
	in.taken.def = in.def.take(slots)
	in.values = bytes.Count(in.taken.def, []byte{uint8(in.leaf.maxDef)})
	in.rows -= rows
}

func (in *columnReader) wrap(err error) error {
	if err != nil {
		return fmt.Errorf("column %q: %w", in.leaf.name(), err)
	}
	return nil
}
