package exporter

import (
	"bytes"
	"html"
	"strconv"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// escapeLevels is how often a text may be escaped inside another.
	escapeLevels = 4
	// decodeDepth is how often a text may be encoded inside another.
	decodeDepth = 2
)

// view is a text in another form that knows, for each of its bytes, the bytes of the
// original that it stands for.
type view struct {
	text []byte
	at   []TextSpan
}

func viewOf(text string) view {
	v := view{text: []byte(text), at: make([]TextSpan, len(text))}
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRuneInString(text[i:])
		for j := range size {
			v.at[i+j] = TextSpan{i, i + size}
		}
		i += size
	}
	return v
}

// span is the part of the original that the bytes from start to before end stand for.
func (v view) span(start, end int) TextSpan { return TextSpan{v.at[start].Start, v.at[end-1].End} }

func (v *view) add(char rune, at TextSpan) {
	before := len(v.text)
	v.text = utf8.AppendRune(v.text, char)
	for range len(v.text) - before {
		v.at = append(v.at, at)
	}
}

func (v *view) addByte(char byte, at TextSpan) { v.text, v.at = append(v.text, char), append(v.at, at) }

func emptyView(size int) view { return view{make([]byte, 0, size), make([]TextSpan, 0, size)} }

// visible drops blanks and what cannot be seen, takes marks off their letters, and makes
// one of the forms of a letter and of a digit: ｋ and 𝐤 are k, ٣ is 3.
func visible(v view) view {
	out := emptyView(len(v.text))
	for i := 0; i < len(v.text); {
		char, size := utf8.DecodeRune(v.text[i:])
		at := v.span(i, i+size)
		switch {
		case char < utf8.RuneSelf && char > ' ' && char != 0x7f:
			out.addByte(byte(char), at)
		case char < utf8.RuneSelf, unseen(char):
		default:
			decomposed := norm.NFKD.Properties(v.text[i : i+size]).Decomposition()
			if decomposed == nil {
				decomposed = v.text[i : i+size]
			}
			for _, part := range string(decomposed) {
				if part != ' ' && !unseen(part) {
					out.add(latinDigit(part), at)
				}
			}
		}
		i += size
	}
	return out
}

func unseen(char rune) bool {
	switch char {
	case utf8.RuneError, '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800': // a hole, and letters without ink
		return true
	}
	return unicode.IsSpace(char) || unicode.IsMark(char) || !unicode.IsGraphic(char)
}

// latinDigit makes 0 to 9 of the digits of all scripts.
func latinDigit(char rune) rune {
	if char < utf8.RuneSelf || !unicode.IsDigit(char) {
		return char
	}
	zero := char
	for char-zero < 9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return '0' + (char - zero)
}

func isWord(char rune) bool { return unicode.IsLetter(char) || unicode.IsNumber(char) }

// only keeps some characters.
func (v view) only(keep func(rune) bool) view {
	out := emptyView(len(v.text))
	for i := 0; i < len(v.text); {
		char, size := utf8.DecodeRune(v.text[i:])
		if keep(char) {
			out.add(char, v.span(i, i+size))
		}
		i += size
	}
	return out
}

// fold makes one of upper and lower case.
func (v view) fold() view {
	out := emptyView(len(v.text))
	for i := 0; i < len(v.text); {
		char, size := utf8.DecodeRune(v.text[i:])
		out.add(unicode.ToLower(char), v.span(i, i+size))
		i += size
	}
	return out
}

// unescape resolves what URLs, mail, JSON, programs and HTML escape, once.
func (v view) unescape() (out view, changed bool) {
	out = emptyView(len(v.text))
	for i := 0; i < len(v.text); {
		char, size, isByte := escaped(v.text[i:])
		switch {
		case size == 0:
			out.addByte(v.text[i], v.at[i])
			i++
			continue
		case isByte:
			out.addByte(byte(char), v.span(i, i+size))
		default:
			out.add(char, v.span(i, i+size))
		}
		changed = true
		i += size
	}
	return out, changed
}

// escaped reads the escape that text begins with; size is 0 when there is none. Several
// that are bytes may make one character.
func escaped(text []byte) (char rune, size int, isByte bool) {
	switch text[0] {
	case '%', '=':
		if value, ok := number(text, 1, 2, 16); ok {
			return value, 3, true
		}
	case '&':
		return entity(text)
	case '\\':
		return backslashed(text)
	case '<':
		return nothing, upTo(text, '>'), false
	case 0x1b:
		return nothing, upTo(text, 'm'), false
	}
	return 0, 0, false
}

// nothing stands for what is not seen, and parts no text.
const nothing = '\u200b'

// upTo is the length of a short tag, or of a colour of a terminal; 0 when there is none.
func upTo(text []byte, last byte) int {
	const longest = 64
	return 1 + bytes.IndexByte(text[:min(len(text), longest)], last)
}

// number reads so many digits behind the first ones.
func number(text []byte, from, digits, base int) (value rune, ok bool) {
	if len(text) < from+digits {
		return 0, false
	}
	parsed, err := strconv.ParseUint(string(text[from:from+digits]), base, 32)
	return rune(parsed), err == nil && parsed <= unicode.MaxRune
}

func backslashed(text []byte) (char rune, size int, isByte bool) {
	if len(text) < 2 {
		return 0, 0, false
	}
	switch text[1] {
	case 'u':
		if value, ok := number(text, 2, 4, 16); ok {
			return value, 6, false
		}
	case 'U':
		if value, ok := number(text, 2, 8, 16); ok {
			return value, 10, false
		}
	case 'x':
		if value, ok := number(text, 2, 2, 16); ok {
			return value, 4, true
		}
	case 'n', 'r', 't':
		return ' ', 2, false
	case '0', '1', '2', '3':
		if value, ok := number(text, 1, 3, 8); ok {
			return value, 4, true
		}
	}
	return rune(text[1]), 2, true
}

func entity(text []byte) (char rune, size int, isByte bool) {
	const longest = 32
	end := 1
	for end < min(len(text), longest) && (text[end] == '#' || text[end] < utf8.RuneSelf && isWord(rune(text[end]))) {
		end++
	}
	if end < len(text) && text[end] == ';' {
		end++
	}
	name := string(text[:end])
	found := html.UnescapeString(name)
	if char, length := utf8.DecodeRuneInString(found); found != name && length == len(found) {
		return char, end, false
	}
	return 0, 0, false
}

// decodeCodes reads the decimal numbers as characters: 53, 98 is 5b.
func (v view) decodeCodes() view {
	out := emptyView(len(v.text) / 2)
	for i := 0; i < len(v.text); i++ {
		value, first := 0, i
		for ; i < len(v.text) && v.text[i] >= '0' && v.text[i] <= '9'; i++ {
			value = min(10*value+int(v.text[i]-'0'), utf8.RuneSelf)
		}
		if value > ' ' && value < utf8.RuneSelf {
			out.addByte(byte(value), v.span(first, i))
		}
	}
	return out
}

// decodeHex decodes the runs of hexadecimal digits, each from an offset.
func (v view) decodeHex(offset int) view {
	return v.decode(offset, 4, func(char byte) (int, bool) {
		switch {
		case char >= '0' && char <= '9':
			return int(char - '0'), true
		case char >= 'a' && char <= 'f':
			return int(char-'a') + 10, true
		case char >= 'A' && char <= 'F':
			return int(char-'A') + 10, true
		}
		return 0, false
	})
}

// decodeBase64 decodes the runs of both alphabets of base64, each from an offset.
func (v view) decodeBase64(offset int) view {
	return v.decode(offset, 6, func(char byte) (int, bool) {
		switch {
		case char >= 'A' && char <= 'Z':
			return int(char - 'A'), true
		case char >= 'a' && char <= 'z':
			return int(char-'a') + 26, true
		case char >= '0' && char <= '9':
			return int(char-'0') + 52, true
		case char == '+' || char == '-':
			return 62, true
		case char == '/' || char == '_':
			return 63, true
		}
		return 0, false
	})
}

// decode makes bytes of runs of digits that hold so many bits. A byte of nothing stands
// between two runs; it is not a blank, which would not separate them.
func (v view) decode(offset, bits int, digit func(byte) (int, bool)) view {
	out := emptyView(len(v.text))
	held, value, place, first := 0, 0, 0, 0
	for i, char := range v.text {
		found, ok := digit(char)
		if !ok {
			if place > 0 && len(out.text) > 0 {
				out.addByte('|', v.at[i])
			}
			held, value, place = 0, 0, 0
			continue
		}
		if place++; place <= offset {
			continue
		}
		if held == 0 {
			first = i
		}
		value, held = value<<bits|found, held+bits
		if held >= 8 {
			held -= 8
			out.addByte(byte(value>>held), v.span(first, i+1))
			value &= 1<<held - 1
			first = i
		}
	}
	return out
}
