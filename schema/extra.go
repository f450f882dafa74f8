package schema

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// extra writes the value of the column `extra` of one row: a JSON object of
// everything the other columns do not say, in order of appearance.
//
// A key of the row keeps its name; a place further inside is named by its JSON
// Pointer (RFC 6901), `/users/1/foo`. A key of the row that starts with a
// slash is named by its pointer too, `/~1foo`, so the two can not be confused.
// Where a name is no Unicode text, U+FFFD stands for what is not.
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
// $binary is that of MongoDB's Extended JSON. Half surrogates are wrapped too
// although they are valid JSON: DuckDB and others refuse such text, and one
// row of it would break every query of the column.
type extra struct {
	object  []byte
	pointer []byte
	// silent counts the enclosing values that are already kept as a whole.
	silent int
}

func (e *extra) reset() {
	e.object = e.object[:0]
	e.pointer = e.pointer[:0]
	e.silent = 0
}

// close returns the object; nothing when there is nothing to say. It is valid
// until reset.
func (e *extra) close() []byte {
	if len(e.object) > 0 {
		e.object = append(e.object, '}')
	}
	return e.object
}

// enter goes to a member of where we are; leave with the result goes back.
func (e *extra) enter(name string) (back int) {
	back = len(e.pointer)
	e.pointer = append(e.pointer, '/')
	for _, c := range []byte(name) {
		switch c {
		case '~':
			e.pointer = append(e.pointer, "~0"...)
		case '/':
			e.pointer = append(e.pointer, "~1"...)
		default:
			e.pointer = append(e.pointer, c)
		}
	}
	return back
}

// enterIndex goes to an element of where we are.
func (e *extra) enterIndex(i int) (back int) {
	back = len(e.pointer)
	e.pointer = append(e.pointer, '/')
	e.pointer = strconv.AppendInt(e.pointer, int64(i), 10)
	return back
}

func (e *extra) leave(back int) { e.pointer = e.pointer[:back] }

// keep keeps the whole value found where we are.
func (e *extra) keep(value []byte) {
	if e.key() {
		e.object = appendKept(e.object, value)
	}
}

// keepBytes keeps the text between the quotes of the string where we are.
func (e *extra) keepBytes(inner []byte) {
	if e.key() {
		e.object = appendBinary(e.object, inner)
	}
}

// keepAll keeps all values found where we are.
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

// key starts a member named for where we are. It is false when the value there
// is part of one that is already kept.
func (e *extra) key() bool {
	if e.silent > 0 {
		return false
	}
	separator := byte(',')
	if len(e.object) == 0 {
		separator = '{'
	}
	e.object = append(e.object, separator)
	name := e.pointer
	if token := name[1:]; bytes.IndexByte(token, '/') < 0 && !bytes.HasPrefix(token, []byte("~1")) {
		name = token
		if bytes.IndexByte(token, '~') >= 0 {
			name = []byte(jsontext.Pointer(e.pointer).LastToken())
		}
	}
	e.object, _ = jsontext.AppendQuote(e.object, name) // the error is about Unicode, which names already are
	e.object = append(e.object, ':')
	return true
}

func appendKept(dst, value []byte) []byte {
	kind := kindOf(value)
	if kind == jsontext.KindNumber {
		return append(dst, value...)
	}
	if !jsontext.Value(value).IsValid(jsontext.AllowDuplicateNames(true)) {
		return appendBinary(dst, value)
	}
	literal := kind == jsontext.KindBeginObject && startsReserved(value)
	if literal {
		dst = append(dst, `{"$literal":`...)
	}
	// Only white space goes. There is no error left to make.
	dst, _ = jsontext.AppendFormat(dst, value, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	if literal {
		dst = append(dst, '}')
	}
	return dst
}

// startsReserved is whether the first name of an object is one of ours.
func startsReserved(object []byte) bool {
	rest := bytes.TrimLeft(object[1:], " \t\r\n")
	if !bytes.HasPrefix(rest, []byte(`"$`)) && !bytes.HasPrefix(rest, []byte(`"\`)) {
		return false
	}
	end := 1
	for ; rest[end] != '"'; end++ {
		if rest[end] == '\\' {
			end++
		}
	}
	name, _ := jsontext.AppendUnquote(nil, rest[:end+1])
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
