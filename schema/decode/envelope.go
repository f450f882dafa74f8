package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxBody keeps every column of a page, `extra` with its pointers included, far
// below the 2 GiB of an Arrow string column. Real pages have 0.1 MiB.
const maxBody = 64 << 20

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
	i, broken := begins(text)
	if broken != nil {
		return pagination, broken
	}
	var data, paging bool
	i, more := scanItem(text, i+1, true, '}')
	for more {
		end, value, _ := scanName(text, i)
		if end < 0 {
			return pagination, malformed(text)
		}
		switch name := d.unquote(text[i:end]); {
		case string(name) == "data" && !data:
			data = true
			i, broken = d.data(text, value, fetchedAt)
		case string(name) == "pagination" && !paging:
			paging = true
			pagination, i, broken = d.pagination(text, value)
		case string(name) == "data", string(name) == "pagination":
			return pagination, brokenAt(end, "%s comes twice", name)
		default:
			d.surprises.envelope("", name)
			i, _ = scanValue(text, value, 1)
		}
		if broken != nil {
			return pagination, broken
		}
		i, more = scanItem(text, i, false, '}')
	}
	switch {
	case i < 0:
		return pagination, malformed(text)
	case scanSpace(text, i) < len(text):
		return pagination, brokenAt(i, "something follows the JSON object")
	case !data:
		return pagination, brokenAt(i, "data is missing")
	case !paging:
		return pagination, brokenAt(i, "pagination is missing")
	}
	return pagination, nil
}

// begins looks for the bracket that opens the object.
func begins(text []byte) (i int, broken *PageError) {
	i = scanSpace(text, 0)
	switch {
	case i == len(text):
		return i, brokenAt(i, "empty body")
	case text[i] == '<':
		return i, brokenAt(i, "HTML instead of JSON")
	case text[i] != '{':
		return i, brokenAt(i, "not a JSON object")
	}
	return i, nil
}

// data reads the list of rows that starts at text[i].
func (d *Decoder) data(text []byte, i int, fetchedAt time.Time) (end int, broken *PageError) {
	if peek(text, i) != '[' {
		return -1, instead(text, i, "data", "an array")
	}
	i, more := scanItem(text, i+1, true, ']')
	for n := 0; more; n++ {
		end := d.rows.regular(text, i, fetchedAt)
		if end < 0 {
			if end, _ = scanValue(text, i, pageDepth); end < 0 {
				return -1, malformed(text)
			}
			if text[i] != '{' {
				return -1, brokenAt(end, "data[%d] is not an object but of type %s", n, kindName(text[i]))
			}
			if reason := d.rows.append(text[i:end], fetchedAt); reason != "" {
				return -1, brokenAt(end, "data[%d] %s", n, reason)
			}
		}
		i, more = scanItem(text, end, false, ']')
	}
	return i, nil
}

// instead is the error of a key of the envelope whose value, at text[i], has
// the wrong type.
func instead(text []byte, i int, key, want string) *PageError {
	end, _ := scanValue(text, i, 1)
	if end < 0 {
		return malformed(text)
	}
	return brokenAt(end, "%s is not %s but of type %s", key, want, kindName(text[i]))
}

func brokenAt(i int, format string, args ...any) *PageError {
	return &PageError{Reason: fmt.Sprintf(format, args...), Offset: int64(i)}
}

// malformed is the error of a text that is no JSON. jsontext finds the place
// again: the scanner only knows that there is one.
func malformed(text []byte) *PageError {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	_, err := decoder.ReadValue()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return brokenAt(len(text), "the JSON is cut off")
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
