package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// cursorValues is how many values a cursor decodes at once.
const cursorValues = 256

// cursor reads the values of one Parquet column in one row group, a page at a time.
type cursor struct {
	leaf   *branch
	chunk  parquet.ColumnChunk
	pages  parquet.Pages
	page   parquet.Page
	from   parquet.ValueReader
	values []parquet.Value // decoded and not yet taken; they point into page
	buffer []parquet.Value
	taken  int64
}

// start goes to a column chunk.
func (c *cursor) start(chunk parquet.ColumnChunk) {
	c.close()
	c.chunk, c.pages, c.taken = chunk, chunk.Pages(), 0
	if c.buffer == nil {
		c.buffer = make([]parquet.Value, cursorValues)
	}
}

// close gives everything back.
func (c *cursor) close() {
	c.drop()
	if c.pages != nil {
		_ = c.pages.Close() // reading: nothing is lost
		c.pages = nil
	}
}

func (c *cursor) drop() {
	c.values, c.from = nil, nil
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
}

// peek returns the next value; io.EOF is the end of the row group. The value is
// good until the next call.
func (c *cursor) peek() (*parquet.Value, error) {
	for len(c.values) == 0 {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	return &c.values[0], nil
}

// take goes past the value that peek returned.
func (c *cursor) take() {
	c.values = c.values[1:]
	c.taken++
}

func (c *cursor) fill() error {
	if c.page == nil {
		page, err := c.pages.ReadPage()
		if err != nil {
			return c.ended(err)
		}
		c.page, c.from = page, page.Values()
	}
	n, err := c.from.ReadValues(c.buffer)
	c.values = c.buffer[:n]
	switch {
	case n > 0 && (err == nil || errors.Is(err, io.EOF)):
		return nil
	case errors.Is(err, io.EOF):
		c.drop()
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: a page gives no values", errDamaged)
}

// ended checks at the end of the pages that they held what the footer says.
func (c *cursor) ended(err error) error {
	if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if c.taken != c.chunk.NumValues() {
		return fmt.Errorf("%w: %d values instead of %d", errDamaged, c.taken, c.chunk.NumValues())
	}
	return io.EOF
}
