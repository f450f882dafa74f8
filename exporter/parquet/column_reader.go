package parquet

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// intake reads one Parquet column, a page at a time: the inverse of column. What
// was decoded waits for the records that take it.
type intake struct {
	leaf  *branch
	pages pages
	// rows wait, with their levels and values. In columns outside of lists each row
	// is one slot, and again is empty.
	rows           int
	again, defined levels
	stock          stock
	// taken are the slots that the record being built takes, and values how many of
	// them have one. On the way down the slots narrow to the elements of lists.
	taken  slotLevels
	values int
}

func newIntake(leaf *branch, from *unpacker) *intake {
	return &intake{
		leaf:    leaf,
		pages:   pages{from: from, leaf: leaf},
		again:   newLevels(leaf.again),
		defined: newLevels(leaf.present),
		stock:   newStock(leaf, from),
	}
}

// start goes to a column chunk.
func (in *intake) start(chunk *format.ColumnMetaData, rows int64) error {
	in.rows = 0
	in.again.clear()
	in.defined.clear()
	in.stock.clear()
	return in.wrap(in.pages.start(chunk, rows))
}

// more decodes the next page; false says that there is none.
func (in *intake) more() (bool, error) {
	page, err := in.pages.next()
	if page == nil {
		return false, in.wrap(err)
	}
	return true, in.wrap(in.decode(page))
}

func (in *intake) decode(page *page) error {
	if !page.dictionary {
		if err := page.levels(&in.again, &in.defined); err != nil {
			return err
		}
		in.rows += int(page.NumRows)
	}
	return in.stock.decode(in.pages.from, page, int(page.NumValues-page.NumNulls))
}

// size is about how many bytes wait, as the sink counts those of a page.
func (in *intake) size() int { return in.stock.size() + in.again.len() + in.defined.len() }

// take chooses the rows of the next record. What it gives is good until the next page.
func (in *intake) take(rows int) {
	slots := rows
	if in.leaf.again > 0 {
		slots = slotsOf(in.again.waiting(), rows)
		in.taken.again = in.again.take(slots)
	}
	in.taken.defined = in.defined.take(slots)
	in.values = bytes.Count(in.taken.defined, []byte{uint8(in.leaf.present)})
	in.rows -= rows
}

func (in *intake) wrap(err error) error {
	if err != nil {
		return fmt.Errorf("column %q: %w", in.leaf.name(), err)
	}
	return nil
}
