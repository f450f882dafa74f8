package parquet

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// indexBytes is the most that a bound takes in the column index, and boundBytes in
// the statistics of a column chunk, as in other writers.
const (
	indexBytes = 16
	boundBytes = 64
)

// noUnicode is greater than every text: UTF-8 never uses this byte.
const noUnicode = "\xff"

// shorten shortens the bounds of a chunk, and says which are exact. Where no short text
// is greater than all, the chunk has no bounds: old readers (PyArrow 12) take a
// missing one for "", and skip the chunk.
func shorten(s *statistics) {
	if s.MinValue == nil {
		return
	}
	least, greatest := s.MinValue, s.MaxValue
	above, ok := above(greatest, boundBytes)
	if !ok {
		s.MinValue, s.MaxValue = nil, nil
		return
	}
	s.MinValue, s.MinExact = bytes.Clone(below(least, boundBytes)), thrift.New(len(least) <= boundBytes)
	s.MaxValue, s.MaxExact = bytes.Clone(above), thrift.New(len(greatest) <= boundBytes)
}

// below returns the beginning of a value, which is not greater, in whole characters.
func below(value []byte, most int) []byte {
	if len(value) <= most {
		return value
	}
	for end := most; end > most-utf8.UTFMax; end-- {
		if utf8.RuneStart(value[end]) {
			return value[:end]
		}
	}
	return value[:most] // which is not valid Unicode
}

// above returns a value that is not less: the beginning of the value, with the next
// character in place of its last one. It reports false when there is none, as after
// U+10FFFF alone. Invalid Unicode is compared byte by byte.
func above(value []byte, most int) (bound []byte, ok bool) {
	if len(value) <= most {
		return value, true
	}
	for short := below(value, most); len(short) > 0; {
		last, size := utf8.DecodeLastRune(short)
		short = short[:len(short)-size]
		switch next := last + 1; {
		case last == utf8.RuneError && size == 1:
			if end := value[len(short)]; end < 0xff {
				return append(bytes.Clone(short), end+1), true
			}
		case last == utf8.MaxRune:
		default:
			if !utf8.ValidRune(next) { // the surrogates follow
				next = '\uE000'
			}
			if len(short)+utf8.RuneLen(next) <= most {
				return utf8.AppendRune(bytes.Clone(short), next), true
			}
		}
	}
	return nil, false
}

// aboveBytes is above as the version before the checksums had it.
func aboveBytes(value []byte) []byte {
	if len(value) <= indexBytes {
		return bytes.Clone(value)
	}
	short := bytes.TrimRight(value[:indexBytes], "\xff")
	if len(short) == 0 {
		return bytes.Clone(value)
	}
	short = bytes.Clone(short)
	short[len(short)-1]++
	return short
}

// order says whether the bounds of the pages that have any only rise or only fall.
func order(kind format.Type, index *format.ColumnIndex) format.BoundaryOrder {
	rises, falls := true, true
	last := -1
	for page, null := range index.NullPages {
		if null {
			continue
		}
		if last >= 0 {
			for _, bounds := range [][][]byte{index.MinValues, index.MaxValues} {
				change := compareValues(kind, bounds[page], bounds[last])
				rises, falls = rises && change >= 0, falls && change <= 0
			}
		}
		last = page
	}
	switch {
	case rises:
		return format.Ascending
	case falls:
		return format.Descending
	}
	return format.Unordered
}

// compareValues orders values in the form of the footer.
func compareValues(kind format.Type, a, b []byte) int {
	if kind == format.Int64 {
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	}
	return bytes.Compare(a, b)
}
