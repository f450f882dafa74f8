package decode

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// extra writes the column `extra` of one row: a JSON object of everything that the
// other columns do not hold, in order of appearance.
//
// A key of the row keeps its name; a place further inside is named by its JSON
// Pointer (RFC 6901), `/users/1/foo`. A key of the row that starts with a
// slash is named by its pointer too, `/~1foo`, so the two cannot be confused.
// In names, U+FFFD stands for invalid Unicode.
//
// Values are the raw JSON without white space, except for three forms, each an
// object of one member:
//
//	{"$duplicates": [1, 2]}   the key came more than once; all values, in order
//	{"$binary": {"base64": "…", "subType": "00"}}
//	                          text that is not Unicode (bytes that are not UTF-8,
//	                          or half a surrogate pair): the bytes between the
//	                          quotes for a string whose column holds the rest, else
//	                          those of the whole JSON value
//	{"$literal": {…}}         an object that would itself look like one of the three
//
// $binary is the form of MongoDB's Extended JSON. Half surrogates are wrapped too
// although they are valid JSON: DuckDB and others refuse such text, and one such row
// would break every query of the column.
type extra struct {
	object  []byte
	pointer []byte
	// covered counts the enclosing values that extra already holds in full.
	covered int
}

func (e *extra) reset() {
	e.object = e.object[:0]
	e.pointer = e.pointer[:0]
	e.covered = 0
}

// close returns the object, empty when it has no members. It is valid until reset.
func (e *extra) close() []byte {
	if len(e.object) > 0 {
		e.object = append(e.object, '}')
	}
	return e.object
}

// moveTo moves to the value last appended to a column.
func (e *extra) moveTo(c *column) {
	switch {
	case c.parent.Type == schema.List:
		e.moveTo(c.parent)
		first := c.parent.starts[c.parent.len()-1]
		e.pointer = append(e.pointer, '/')
		e.pointer = strconv.AppendInt(e.pointer, int64(c.len()-1)-int64(first), 10)
	case c.Key != "":
		e.moveTo(c.parent)
		e.enter([]byte(c.Key))
	default: // the row
		e.pointer = e.pointer[:0]
	}
}

// enter moves to a member of the current place.
func (e *extra) enter(name []byte) {
	e.pointer = append(e.pointer, '/')
	for _, c := range name {
		switch c {
		case '~':
			e.pointer = append(e.pointer, "~0"...)
		case '/':
			e.pointer = append(e.pointer, "~1"...)
		default:
			e.pointer = append(e.pointer, c)
		}
	}
}

// keep adds the whole value of the current place.
func (e *extra) keep(value []byte) {
	if e.key() {
		e.object = appendKept(e.object, value)
	}
}

// keepBytes adds the bytes between the quotes of the string of the current place.
func (e *extra) keepBytes(inner []byte) {
	if e.key() {
		e.object = appendBinary(e.object, inner)
	}
}

// keepAll adds all values of a duplicate key, the current place.
func (e *extra) keepAll(earlier [][]byte, last []byte) {
	if !e.key() {
		return
	}
	e.object = append(e.object, `{"$duplicates":[`...)
	for _, value := range earlier {
		e.object = append(appendKept(e.object, value), ',')
	}
	e.object = append(appendKept(e.object, last), `]}`...)
}

// key starts a member named for the current place. It is false when extra already holds
// a value that encloses it.
func (e *extra) key() bool {
	if e.covered > 0 {
		return false
	}
	e.separate()
	e.object = append(e.appendName(e.object), ':')
	return true
}

// separate starts a member.
func (e *extra) separate() {
	separator := byte(',')
	if len(e.object) == 0 {
		separator = '{'
	}
	e.object = append(e.object, separator)
}

// appendName appends the name of the current place as a JSON string.
func (e *extra) appendName(dst []byte) []byte {
	name := e.pointer
	if token := name[1:]; bytes.IndexByte(token, '/') < 0 && !bytes.HasPrefix(token, []byte("~1")) {
		name = token
		if bytes.IndexByte(token, '~') >= 0 {
			name = []byte(jsontext.Pointer(e.pointer).LastToken())
		}
	}
	dst, _ = jsontext.AppendQuote(dst, name) // the error is about Unicode, which names already are
	return dst
}

func appendKept(dst, value []byte) []byte {
	_, seen := scanValue(value, 0, 0)
	return appendSeen(dst, value, seen)
}

func appendSeen(dst, value []byte, seen traits) []byte {
	literal := value[0] == '{' && startsReserved(value)
	if seen == 0 && !literal {
		return append(dst, value...)
	}
	if !jsontext.Value(value).IsValid(jsontext.AllowDuplicateNames(true)) {
		return appendBinary(dst, value)
	}
	if literal {
		dst = append(dst, `{"$literal":`...)
	}
	// This only removes white space, and cannot fail: the value is valid.
	dst, _ = jsontext.AppendFormat(dst, value, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	if literal {
		dst = append(dst, '}')
	}
	return dst
}

// startsReserved reports whether the first name of an object is one of the three forms.
func startsReserved(object []byte) bool {
	start := scanSpace(object, 1)
	if c := peek(object, start+1); c != '$' && c != '\\' {
		return false
	}
	end, _ := scanString(object, start)
	name, _ := jsontext.AppendUnquote(nil, object[start:end])
	switch string(name) {
	case "$duplicates", "$binary", "$literal":
		return true
	}
	return false
}

func appendBinary(dst, raw []byte) []byte {
	dst = append(dst, `{"$binary":{"base64":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, `","subType":"00"}}`...)
}
