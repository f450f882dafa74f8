package schema

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// reader walks one JSON object or array. What it returns are slices of the
// text it was given, never copies. Duplicate names and malformed Unicode pass:
// what they mean is decided in one place, not here.
type reader struct {
	text  []byte
	input bytes.Buffer
	json  *jsontext.Decoder
}

func newReader() *reader {
	r := &reader{}
	r.json = jsontext.NewDecoder(&r.input)
	return r
}

func (r *reader) reset(text []byte) {
	r.text = text
	r.input = *bytes.NewBuffer(text)
	r.json.Reset(&r.input, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// bracket reads one opening or closing bracket.
func (r *reader) bracket() error {
	_, err := r.json.ReadToken()
	return err
}

// more is false at a closing bracket. It is true when there is no valid JSON
// to come: the next call of next reports that.
func (r *reader) more() bool {
	kind := r.json.PeekKind()
	return kind != jsontext.KindEndObject && kind != jsontext.KindEndArray
}

// next returns the next value, or the next name of an object with its quotes,
// without the white space around it.
func (r *reader) next() ([]byte, error) {
	value, err := r.json.ReadValue()
	if err != nil {
		return nil, err
	}
	end := r.offset()
	return r.text[end-int64(len(value)) : end], nil
}

// offset is the end of what was read last.
func (r *reader) offset() int64 { return r.json.InputOffset() }

// kindOf is the kind of a value that next returned.
func kindOf(value []byte) jsontext.Kind { return jsontext.Value(value).Kind() }

// kindName is what people call a kind of value.
func kindName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "boolean"
	case jsontext.KindString:
		return "string"
	case jsontext.KindNumber:
		return "number"
	case jsontext.KindBeginArray:
		return "array"
	case jsontext.KindBeginObject:
		return "object"
	default:
		return "nothing"
	}
}
