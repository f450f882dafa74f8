package report

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// countUnknown counts the fields that a row keeps in `extra`, by their path. Values
// are skipped: they may be personal. A field that occurs in several elements of a list
// counts once a row.
func countUnknown(in *tally[int64], values *array.String, row int) error {
	object, ok := text(values, row)
	if !ok {
		return nil
	}
	// extra may keep a name twice and invalid Unicode only inside values.
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
		path := pathOf(name.String())
		if err := reader.SkipValue(); err != nil {
			return err
		}
		if _, twice := seen[path]; !twice {
			seen[path] = struct{}{}
			*in.at(path)++
		}
	}
	_, err := reader.ReadToken()
	return err
}

// pathOf writes a name of `extra` as the manifest does: a JSON Pointer becomes
// a path in which [] stands for every index.
func pathOf(name string) string {
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
