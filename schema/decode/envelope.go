package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// maxBody keeps every column of a page, `extra` with its pointers included, far
// below the 2 GiB of an Arrow string column. Real pages have 0.1 MiB.
const maxBody = 64 << 20

// origin holds the values that all rows of a response share.
type origin struct {
	fetchedAt int64  // in microseconds
	teamID    []byte // of schema.EnvelopeTeam
}

// envelope reads a whole body and appends its rows.
func (d *Decoder) envelope(body []byte, fetchedAt time.Time) (pagination Pagination, broken *PageError) {
	if len(body) > maxBody {
		return Pagination{}, &PageError{Expected: d.expected(), Reason: "larger than 64 MiB", Offset: maxBody}
	}
	// RFC 8259, section 8.1 lets a reader ignore a byte order mark.
	text := bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	from := origin{fetchedAt: fetchedAt.UnixMicro()}
	switch d.table.Request.Envelope {
	case schema.EnvelopePage:
		pagination, broken = d.page(text, from)
	case schema.EnvelopeArray:
		broken = d.array(text, from)
	case schema.EnvelopeTeam:
		broken = d.team(text, from)
	default:
		broken = brokenAt(0, "no known envelope")
	}
	if broken != nil {
		broken.Expected = d.expected()
		broken.Offset += int64(len(body) - len(text))
	}
	return pagination, broken
}

// expected describes a valid body of the table, for errors.
func (d *Decoder) expected() string {
	switch d.table.Request.Envelope {
	case schema.EnvelopeArray:
		return "a list of " + d.table.Name
	case schema.EnvelopeTeam:
		return "a team"
	case schema.EnvelopePage:
	}
	return "a page of the inbox"
}

// page reads schema.EnvelopePage.
func (d *Decoder) page(text []byte, from origin) (pagination Pagination, broken *PageError) {
	i, broken := begins(text, '{')
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
			i, broken = d.list(text, value, "data", from)
		case string(name) == "pagination" && !paging:
			paging = true
			pagination, i, broken = d.pagination(text, value)
		case string(name) == "data", string(name) == "pagination":
			return pagination, brokenAt(end, "%s comes twice", name)
		default:
			d.anomalies.envelope("", name)
			i, _ = scanValue(text, value, 1)
		}
		if broken != nil {
			return pagination, broken
		}
		i, more = scanItem(text, i, false, '}')
	}
	broken = ends(text, i, "object")
	switch {
	case broken != nil:
	case !data:
		broken = brokenAt(i, "data is missing")
	case !paging:
		broken = brokenAt(i, "pagination is missing")
	}
	return pagination, broken
}

// array reads schema.EnvelopeArray.
func (d *Decoder) array(text []byte, from origin) *PageError {
	i, broken := begins(text, '[')
	if broken != nil {
		return broken
	}
	if i, broken = d.list(text, i, "", from); broken != nil {
		return broken
	}
	return ends(text, i, "array")
}

// begins finds the bracket that opens the body.
func begins(text []byte, opening byte) (i int, broken *PageError) {
	i = scanSpace(text, 0)
	switch {
	case i == len(text):
		return i, brokenAt(i, "empty body")
	case text[i] == '<':
		return i, brokenAt(i, "HTML instead of JSON")
	case text[i] != opening:
		return i, brokenAt(i, "not a JSON %s", kindName(opening))
	}
	return i, nil
}

// ends checks that the text ends after the bracket that closes the body.
func ends(text []byte, i int, kind string) *PageError {
	switch {
	case i < 0:
		return malformed(text)
	case scanSpace(text, i) < len(text):
		return brokenAt(i, "something follows the JSON %s", kind)
	}
	return nil
}

// list reads the list of rows that starts at text[i]. Errors give it the name.
func (d *Decoder) list(text []byte, i int, name string, from origin) (end int, broken *PageError) {
	if peek(text, i) != '[' {
		return -1, instead(text, i, name, "an array")
	}
	i, more := scanItem(text, i+1, true, ']')
	for n := 0; more; n++ {
		end := d.rows.appendFast(text, i, from)
		if end < 0 {
			if end, _ = scanValue(text, i, d.rows.row.depth-1); end < 0 {
				return -1, malformed(text)
			}
			if text[i] != '{' {
				return -1, brokenAt(end, "%s[%d] is not an object but of type %s", name, n, kindName(text[i]))
			}
			if reason := d.rows.appendSlow(text[i:end], from); reason != "" {
				return -1, brokenAt(end, "%s[%d] %s", name, n, reason)
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

// malformed is the error of a text that is not JSON. jsontext finds the place of the
// error; the scanner does not know it.
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
