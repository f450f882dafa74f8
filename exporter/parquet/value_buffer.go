package parquet

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/schema"
)

// valueBuffer holds the decoded values of a column that wait for their record, without
// nulls, of one physical type: the inverse of values.
type valueBuffer interface {
	// clear forgets everything.
	clear()
	// decode adds the values of a page, of which there are so many.
	decode(from *pageDecoder, page *page, count int) error
	// size is about how many bytes wait.
	size() int
	// overhead is how many bytes are held beside those.
	overhead() int
	// buffers takes the first count values, one for each level of maxDef, and
	// returns the buffers of an array of all levels.
	buffers(count int, levels []uint8, maxDef uint8) []*memory.Buffer
}

func newValueBuffer(leaf *node, from *pageDecoder) valueBuffer {
	switch leaf.column.Type {
	case schema.Bool:
		return new(boolBuffer)
	case schema.Timestamp:
		return new(timeBuffer)
	default:
		return &textBuffer{fits: from.fits}
	}
}

// timeStock are timestamps.
type timeBuffer struct {
	queue[int64]
	dictionary []int64
	indices    []int32 // scratch memory
	lends      bool    // the times of a record are those that were decoded, where none is null
}

func (s *timeBuffer) size() int     { return 8 * s.len() }
func (s *timeBuffer) overhead() int { return 0 }

func (s *timeBuffer) clear() {
	s.queue.clear()
	s.dictionary = s.dictionary[:0]
}

func (s *timeBuffer) decode(_ *pageDecoder, page *page, count int) error {
	switch {
	case page.dictionary:
		s.dictionary = resized(s.dictionary, min(int(page.NumValues), len(page.body)))
		return decodeTimes(s.dictionary, page.body)
	case count == 0: // older files have no body then
		return nil
	case page.Encoding == format.DeltaBinaryPacked:
		return decodeWhole(s.add(count), page.body)
	case page.Encoding == format.RLEDictionary:
		s.indices = resized(s.indices, count)
		if err := decodeIndices(s.indices, page.body); err != nil {
			return err
		}
		to := s.add(count)
		for i, index := range s.indices {
			if uint(index) >= uint(len(s.dictionary)) {
				return fmt.Errorf("%w: index %d in a dictionary of %d", errDamaged, index, len(s.dictionary))
			}
			to[i] = s.dictionary[index]
		}
		return nil
	default:
		return decodeTimes(s.add(count), page.body)
	}
}

// decodeTimes decodes PLAIN into all of to.
func decodeTimes(to []int64, body []byte) error {
	if len(body) != 8*len(to) {
		return fmt.Errorf("%w: %d times in %d bytes", errDamaged, len(to), len(body))
	}
	for i := range to {
		to[i] = int64(binary.LittleEndian.Uint64(body[8*i:]))
	}
	return nil
}

// decodeWhole decodes deltas that nothing follows.
func decodeWhole(to []int64, data []byte) error {
	rest, err := decodeDeltas(to, data)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d bytes follow the values", errDamaged, len(rest))
	}
	return err
}

func (s *timeBuffer) buffers(count int, levels []uint8, maxDef uint8) []*memory.Buffer {
	if s.lends && count == len(levels) {
		return buffersOf(arrow.Int64Traits.CastToBytes(s.take(count)))
	}
	times := make([]int64, len(levels))
	spread(times, s.take(count), levels, maxDef)
	return buffersOf(arrow.Int64Traits.CastToBytes(times))
}

// spread sets the value of each level of maxDef, and leaves the others alone.
func spread[T any](to, values []T, levels []uint8, maxDef uint8) {
	if len(values) == len(to) {
		copy(to, values)
		return
	}
	next := 0
	for i, level := range levels {
		if level >= maxDef {
			to[i] = values[next]
			next++
		}
	}
}

// flagStock are booleans, a byte each.
type boolBuffer struct {
	queue[uint8]
	spread []uint8
}

func (s *boolBuffer) size() int     { return s.len() }
func (s *boolBuffer) overhead() int { return 0 }

func (s *boolBuffer) decode(_ *pageDecoder, page *page, count int) error {
	if len(page.body) != (count+7)/8 {
		return fmt.Errorf("%w: %d booleans in %d bytes", errDamaged, count, len(page.body))
	}
	to := s.add(count)
	for i := range to {
		to[i] = page.body[i/8] >> (i % 8) & 1
	}
	return nil
}

func (s *boolBuffer) buffers(count int, levels []uint8, maxDef uint8) []*memory.Buffer {
	s.spread = resized(s.spread, len(levels))
	spread(s.spread, s.take(count), levels, maxDef)
	bitmap, _ := bitmapOf(s.spread, 1)
	return buffersOf(bitmap)
}
