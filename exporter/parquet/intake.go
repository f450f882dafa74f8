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
	// takenAgain and takenDefined are the levels of what the record being built
	// takes, and values how many values. They narrow to the elements of lists on the way down.
	takenAgain, takenDefined []uint8
	values                   int
	// alike says that these levels are those of the first column of the same list.
	alike bool
}

func newIntake(leaf *branch, from *unpacker) *intake {
	return &intake{
		leaf:    leaf,
		pages:   pages{from: from, leaf: leaf},
		again:   newLevels(leaf.again),
		defined: newLevels(leaf.present),
		stock:   newStock(leaf),
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

// size is about how many bytes wait: a column of the sink has that size.
func (in *intake) size() int { return in.stock.size() + in.again.len() + in.defined.len() }

// take chooses the rows of the next record. What it gives is good until the next page.
func (in *intake) take(rows int) {
	slots := rows
	if in.leaf.again > 0 {
		slots = slotsOf(in.again.waiting(), rows)
		in.takenAgain = in.again.take(slots)
	}
	in.takenDefined = in.defined.take(slots)
	in.values = bytes.Count(in.takenDefined, []byte{uint8(in.leaf.present)})
	in.rows -= rows
}

// like reports whether the levels taken are those of another column, which most
// columns of a list are.
func (in *intake) like(other *intake) bool {
	return bytes.Equal(in.takenDefined, other.takenDefined) && bytes.Equal(in.takenAgain, other.takenAgain)
}

// follow narrows the levels taken as another column did, whose were alike.
func (in *intake) follow(other *intake) {
	in.takenDefined = in.takenDefined[:copy(in.takenDefined, other.takenDefined)]
	in.takenAgain = in.takenAgain[:copy(in.takenAgain, other.takenAgain)]
}

func (in *intake) wrap(err error) error {
	if err != nil {
		return fmt.Errorf("column %q: %w", in.leaf.name(), err)
	}
	return nil
}
