package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxBody keeps every column of a page, `extra` with its pointers included, far
	// below the 2 GiB of an Arrow string column. Real pages have 0.1 MiB.
	maxBody = 64 << 20
	// maxDepth is jsontext's limit, and that of encoding/json.
	maxDepth = 10_000
)

// envelope reads a whole body and appends its rows.
func (d *Decoder) envelope(body []byte, fetchedAt time.Time) (Pagination, *PageError) {
	if len(body) > maxBody {
		return Pagination{}, &PageError{Reason: "larger than 64 MiB", Offset: maxBody}
	}
	// RFC 8259, section 8.1 lets a reader ignore a byte order mark. It says nothing.
	text := bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	pagination, broken := d.object(text, fetchedAt)
	if broken != nil {
		broken.Offset += int64(len(body) - len(text))
	}
	return pagination, broken
}

func (d *Decoder) object(text []byte, fetchedAt time.Time) (pagination Pagination, broken *PageError) {
	if broken := begins(text); broken != nil {
		return pagination, broken
	}
	var data, paging bool
	d.reader.reset(text)
	if err := d.reader.bracket(); err != nil {
		return pagination, malformed(err, text)
	}
	for d.reader.more() {
		quoted, err := d.reader.next()
		if err != nil {
			return pagination, malformed(err, text)
		}
		switch name := d.unquote(quoted); {
		case name == "data" && !data:
			data = true
			broken = d.data(text, fetchedAt)
		case name == "pagination" && !paging:
			paging = true
			pagination, broken = d.pagination(text)
		case name == "data", name == "pagination":
			broken = d.broken("%s comes twice", name)
		default:
			d.surprises.envelope("", name)
			if _, err := d.reader.next(); err != nil {
				broken = malformed(err, text)
			}
		}
		if broken != nil {
			return pagination, broken
		}
	}
	if err := d.reader.bracket(); err != nil {
		return pagination, malformed(err, text)
	}
	end := d.reader.offset()
	switch _, err := d.reader.json.ReadToken(); {
	case !errors.Is(err, io.EOF):
		return pagination, &PageError{Reason: "something follows the JSON object", Offset: end}
	case !data:
		return pagination, d.broken("data is missing")
	case !paging:
		return pagination, d.broken("pagination is missing")
	}
	return pagination, nil
}

// begins looks at the first byte that is not white space.
func begins(text []byte) *PageError {
	start := bytes.TrimLeft(text, " \t\r\n")
	offset := int64(len(text) - len(start))
	switch {
	case len(start) == 0:
		return &PageError{Reason: "empty body", Offset: offset}
	case start[0] == '<':
		return &PageError{Reason: "HTML instead of JSON", Offset: offset}
	case start[0] != '{':
		return &PageError{Reason: "not a JSON object", Offset: offset}
	}
	return nil
}

// data reads the list of rows.
func (d *Decoder) data(text []byte, fetchedAt time.Time) *PageError {
	if kind := d.reader.json.PeekKind(); kind != jsontext.KindBeginArray {
		return d.instead("data", "an array", text)
	}
	if err := d.reader.bracket(); err != nil {
		return malformed(err, text)
	}
	for i := 0; d.reader.more(); i++ {
		row, err := d.reader.next()
		if err != nil {
			return malformed(err, text)
		}
		if kind := kindOf(row); kind != jsontext.KindBeginObject {
			return d.broken("data[%d] is not an object but of type %s", i, kindName(kind))
		}
		reason, err := d.rows.append(row, fetchedAt)
		if err != nil {
			return malformed(err, text)
		}
		if reason != "" {
			return d.broken("data[%d] %s", i, reason)
		}
	}
	if err := d.reader.bracket(); err != nil {
		return malformed(err, text)
	}
	return nil
}

// instead reads the value of a key of the envelope that has the wrong type.
func (d *Decoder) instead(key, want string, text []byte) *PageError {
	value, err := d.reader.next()
	if err != nil {
		return malformed(err, text)
	}
	return d.broken("%s is not %s but of type %s", key, want, kindName(kindOf(value)))
}

// broken is an error at the place read last.
func (d *Decoder) broken(format string, args ...any) *PageError {
	return &PageError{Reason: fmt.Sprintf(format, args...), Offset: d.reader.offset()}
}

// malformed is an error of the JSON text.
func malformed(err error, text []byte) *PageError {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &PageError{Reason: "the JSON is cut off", Offset: int64(len(text))}
	}
	broken := &PageError{Reason: "malformed JSON"}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		broken.Offset = syntax.ByteOffset
		// The pointer has one slash per level.
		if strings.Count(string(syntax.JSONPointer), "/") >= maxDepth {
			broken.Reason = "the JSON is nested 10,000 levels deep or more"
		}
	}
	return broken
}
