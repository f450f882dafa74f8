package decode

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The functions of the scanner take the index at which an element of a JSON text
// (RFC 8259) starts, and return the index at which it ends, or -1 when it is malformed.
// They accept any index, -1 too, so that a caller can check the result once, at the end.
// They accept duplicate names and invalid Unicode, which other code handles.

// maxDepth is how deep a page may be nested; encoding/json and jsontext have
// the same limit.
const maxDepth = 10_000

// traits are properties of a scanned text.
type traits uint8

const (
	spaced      traits = 1 << iota // white space outside of strings
	escaped                        // a backslash
	invalidUTF8                    // bytes that are not UTF-8
)

// peek is the byte at text[i], 0 outside. No valid text has a 0.
func peek(text []byte, i int) byte {
	if uint(i) < uint(len(text)) {
		return text[i]
	}
	return 0
}

func scanSpace(text []byte, i int) int {
	const spaces = 1<<' ' | 1<<'\t' | 1<<'\n' | 1<<'\r'
	for uint(i) < uint(len(text)) && text[i] <= ' ' && spaces>>text[i]&1 != 0 {
		i++
	}
	return i
}

// scanItem finds the next item of an object or array: the first one from the index
// after the opening bracket, others from the end of the item before. When there is
// none, more is false, and next is the index after the closing bracket.
func scanItem(text []byte, i int, first bool, closing byte) (next int, more bool) {
	i = scanSpace(text, i)
	switch c := peek(text, i); {
	case c == closing:
		return i + 1, false
	case first:
		return i, true
	case c == ',':
		return scanSpace(text, i+1), true
	}
	return -1, false
}

// scanName reads the name of a member and the colon; value is where its value starts.
func scanName(text []byte, i int) (end, value int, seen traits) {
	end, seen = scanString(text, i)
	colon := scanSpace(text, end)
	if peek(text, colon) != ':' {
		return -1, -1, 0
	}
	value = scanSpace(text, colon+1)
	if value != end+1 {
		seen |= spaced
	}
	return end, value, seen
}

// scanValue reads any value, at that many levels of nesting.
func scanValue(text []byte, i, depth int) (end int, seen traits) {
	switch peek(text, i) {
	case '"':
		return scanString(text, i)
	case '{', '[':
		return scanItems(text, i, depth+1)
	case 'n':
		return scanWord(text, i, "null"), 0
	case 't':
		return scanWord(text, i, "true"), 0
	case 'f':
		return scanWord(text, i, "false"), 0
	}
	return scanNumber(text, i), 0
}

func scanWord(text []byte, i int, word string) int {
	if end := i + len(word); end <= len(text) && string(text[i:end]) == word {
		return end
	}
	return -1
}

// scanItems reads an object or array.
func scanItems(text []byte, i, depth int) (end int, seen traits) {
	if depth > maxDepth {
		return -1, 0
	}
	opening := text[i]
	i++
	for first := true; ; first = false {
		next, more := scanItem(text, i, first, opening+2) // as '[' is to ']', so is '{' to '}'
		if next > i+1 || first && more && next > i {
			seen |= spaced
		}
		if !more {
			return next, seen
		}
		var within traits
		if opening == '{' {
			_, next, within = scanName(text, next)
			seen |= within
		}
		i, within = scanValue(text, next, depth)
		seen |= within
		if i < 0 {
			return -1, 0
		}
	}
}

// scanString reads a string with its quotes, eight bytes at a time while they are plain
// ASCII.
func scanString(text []byte, i int) (end int, seen traits) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	if peek(text, i) != '"' {
		return -1, 0
	}
	i++
	for {
		for i+8 <= len(text) {
			eight := binary.LittleEndian.Uint64(text[i:])
			quote, backslash := eight^'"'*ones, eight^'\\'*ones
			// The top bit of a byte is set where it is beyond ASCII, or was borrowed because
			// the byte is below the number. Above the first borrow the bits may lie.
			special := ((eight - ' '*ones) | (quote - ones) | (backslash - ones)) & tops
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		switch c := peek(text, i); {
		case c == '"':
			return i + 1, seen
		case c == '\\':
			i = scanEscape(text, i)
			seen |= escaped
		case c < ' ': // the end of the text too
			return -1, 0
		case c < utf8.RuneSelf:
			i++
		default:
			char, size := utf8.DecodeRune(text[i:])
			if char == utf8.RuneError && size == 1 {
				seen |= invalidUTF8
			}
			i += size
		}
		if i < 0 {
			return -1, 0
		}
	}
}

func scanEscape(text []byte, i int) int {
	switch peek(text, i+1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for end := i + 6; ; i++ {
			switch c := peek(text, i+2); {
			case i+2 == end:
				return end
			case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'f':
			default:
				return -1
			}
		}
	}
	return -1
}

func scanNumber(text []byte, i int) int {
	if peek(text, i) == '-' {
		i++
	}
	if peek(text, i) == '0' {
		i++
	} else {
		i = scanDigits(text, i)
	}
	if peek(text, i) == '.' {
		i = scanDigits(text, i+1)
	}
	if peek(text, i)|0x20 == 'e' {
		i++
		if c := peek(text, i); c == '+' || c == '-' {
			i++
		}
		i = scanDigits(text, i)
	}
	return i
}

// scanDigits reads at least one.
func scanDigits(text []byte, i int) int {
	start := i
	for c := peek(text, i); '0' <= c && c <= '9'; c = peek(text, i) {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
