package report

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// extra counts the fields that a row keeps in `extra`, by their place. Values
// are not looked at: they may be personal. A field that a row has in several
// elements of a list counts once.
func (f *facts) extra(values *array.String, row int) error {
	object, ok := text(values, row)
	if !ok {
		return nil
	}
	// extra may keep a name twice and text that is no Unicode only inside values.
	reader := jsontext.NewDecoder(strings.NewReader(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := reader.ReadToken(); err != nil {
		return err
	}
	seen := map[string]struct{}{}
	for reader.PeekKind() == jsontext.KindString {
		name, err := reader.ReadToken()
		if err != nil {
			return err
		}
		place := placeOf(name.String())
		if err := reader.SkipValue(); err != nil {
			return err
		}
		if _, twice := seen[place]; !twice {
			seen[place] = struct{}{}
			*f.unknown.at(place)++
		}
	}
	_, err := reader.ReadToken()
	return err
}

// placeOf writes a name of `extra` as the manifest does: a JSON Pointer becomes
// a path in which [] stands for every index.
func placeOf(name string) string {
	if !strings.HasPrefix(name, "/") {
		return schema.QuoteName(name)
	}
	var path bytes.Buffer
	for i, token := range strings.Split(name[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if _, err := strconv.ParseUint(token, 10, 31); err == nil && i > 0 {
			path.WriteString("[]")
			continue
		}
		if i > 0 {
			path.WriteByte('.')
		}
		path.WriteString(schema.QuoteName(token))
	}
	return path.String()
}
