package parquet

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// stock is the values of a column that were decoded and wait for their record,
// without nulls, of one physical type: the inverse of values.
type stock interface {
	// clear forgets everything.
	clear()
	// decode adds the values of a page, of which there are so many.
	decode(from *unpacker, page *page, count int) error
	// size is how many bytes of text wait.
	size() int
	// fill takes the first count values and puts them into buffers, from the second
	// on: one for each level that is present, in their order.
	fill(to *arena, buffers []*memory.Buffer, levels []uint8, present uint8, count int)
}

func newStock(leaf *branch) stock {
	switch leaf.column.Type {
	case schema.Bool:
		return new(flagStock)
	case schema.Timestamp:
		return new(timeStock)
	default:
		return new(textStock)
	}
}

// timeStock are timestamps.
type timeStock struct{ queue[int64] }

func (s *timeStock) size() int { return 0 }

func (s *timeStock) decode(_ *unpacker, page *page, count int) error {
	if count == 0 { // older files have no body then
		return nil
	}
	return decodeWhole(s.add(count), page.body)
}

// decodeWhole decodes deltas that nothing follows.
func decodeWhole(to []int64, data []byte) error {
	rest, err := decodeDeltas(to, data)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d bytes follow the values", errDamaged, len(rest))
	}
	return err
}

func (s *timeStock) fill(to *arena, buffers []*memory.Buffer, levels []uint8, present uint8, count int) {
	buffers[1] = to.part(8 * len(levels))
	times := arrow.Int64Traits.CastFromBytes(buffers[1].Bytes())
	spread(times, s.take(count), levels, present)
}

// spread gives each level that is present its value. What the others get does not matter.
func spread[T any](to, values []T, levels []uint8, present uint8) {
	if len(values) == len(to) || len(values) == 0 {
		copy(to, values)
		return
	}
	next, last := 0, len(values)-1
	for i, level := range levels {
		to[i] = values[min(next, last)]
		next += int(reached(level, present))
	}
}

// reached is 1 where a level is at least another, else 0. Levels are below 128.
func reached(level, least uint8) uint8 { return 1 - (level-least)>>7 }

// flagStock are booleans, a byte each.
type flagStock struct {
	queue[uint8]
	spread []uint8
}

func (s *flagStock) size() int { return 0 }

func (s *flagStock) decode(_ *unpacker, page *page, count int) error {
	if len(page.body) != (count+7)/8 {
		return fmt.Errorf("%w: %d booleans in %d bytes", errDamaged, count, len(page.body))
	}
	to := s.add(count)
	for i := range to {
		to[i] = page.body[i/8] >> (i % 8) & 1
	}
	return nil
}

func (s *flagStock) fill(to *arena, buffers []*memory.Buffer, levels []uint8, present uint8, count int) {
	s.spread = slices.Grow(s.spread[:0], len(levels))[:len(levels)]
	spread(s.spread, s.take(count), levels, present)
	buffers[1], _ = to.bitmap(s.spread, 1)
}
