package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

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

// expected describes a valid body of the table, for errors.
func expected(table *schema.Table) string {
	switch table.Request.Envelope {
	case schema.EnvelopeArray:
		return "a list of " + table.Name
	case schema.EnvelopeTeam:
		return "a team"
	case schema.EnvelopePage:
	}
	return "a page of the inbox"
}

// readPage reads schema.EnvelopePage.
func readPage(rows *fastRows, text []byte, from origin) (pagination Pagination, broken *PageError) {
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
		switch name := rows.unquote(text[i:end]); {
		case string(name) == "data" && !data:
			data = true
			i, broken = rows.appendList(text, value, "data", from)
		case string(name) == "pagination" && !paging:
			paging = true
			pagination, i, broken = readPagination(&rows.rows, text, value)
		case string(name) == "data", string(name) == "pagination":
			return pagination, brokenAt(end, "%s comes twice", name)
		default:
			rows.anomalies.envelope("", name)
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

// readArray reads schema.EnvelopeArray.
func readArray(rows *fastRows, text []byte, from origin) *PageError {
	i, broken := begins(text, '[')
	if broken != nil {
		return broken
	}
	if i, broken = rows.appendList(text, i, "", from); broken != nil {
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
