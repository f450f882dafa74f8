package schema

import (
	"bytes"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// leaks are places of the API's object whose values must not stay in `extra`. It holds
// a value of a column that did not fit the column, came more than once, or was not
// Unicode: under its own place, or as part of a value around it
// (`{"contact": "Ada <ada@example.com>"}` for `contact.email`).
type leaks struct {
	// paths are split Column.Paths; "[]" stands for any index.
	paths [][]string
}

// add adds a Column.Path; a derived column has none.
func (l *leaks) add(path string) {
	if path == "" {
		return
	}
	l.paths = append(l.paths, strings.Split(strings.ReplaceAll(path, "[]", ".[]"), "."))
}

// strip returns an object of `extra` without the members that could reveal a value of
// these places; "" when no member is left. All other bytes stay.
func (l *leaks) strip(object string) (string, error) {
	if len(l.paths) == 0 {
		return object, nil
	}
	decoder := jsontext.NewDecoder(bytes.NewBufferString(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if opening, err := decoder.ReadToken(); err != nil || opening.Kind() != '{' {
		return "", errNotJSON
	}
	var kept []byte
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadValue()
		if err != nil {
			return "", errNotJSON
		}
		unquoted, err := jsontext.AppendUnquote(nil, name)
		if err != nil {
			return "", err
		}
		before := len(kept)
		kept = append(append(append(kept, ','), name...), ':')
		value, err := decoder.ReadValue()
		if err != nil {
			return "", errNotJSON
		}
		if kept = append(kept, value...); l.covers(placeOf(string(unquoted))) {
			kept = kept[:before]
		}
	}
	if _, err := decoder.ReadToken(); err != nil || len(strings.TrimSpace(object[decoder.InputOffset():])) > 0 {
		return "", errNotJSON
	}
	if len(kept) == 0 {
		return "", nil
	}
	kept[0] = '{'
	return string(append(kept, '}')), nil
}

// errNotJSON quotes nothing of the text, which can be personal.
var errNotJSON = errors.New("extra is not a JSON object")

// placeOf splits the name of a member of `extra`, see the type extra.
func placeOf(name string) []string {
	if !strings.HasPrefix(name, "/") {
		return []string{name}
	}
	tokens := strings.Split(name[1:], "/")
	for i, token := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return tokens
}

// covers reports whether a place is one of l, lies inside one, or contains one.
func (l *leaks) covers(place []string) bool {
	for _, path := range l.paths {
		shared := min(len(path), len(place))
		same := true
		for i := range shared {
			same = same && (path[i] == "[]" || path[i] == place[i])
		}
		if same {
			return true
		}
	}
	return false
}
