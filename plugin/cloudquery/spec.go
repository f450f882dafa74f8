package cloudquery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/schema"
)

// nestedMember is the member of a spec that says how lists and structs are sent, the only
// one that the loader of configurations does not know.
const nestedMember = "nested"

// The values of nestedMember.
const (
	nestedArrow = "arrow"
	nestedJSON  = "json"
)

// fullEveryMember is a member that the other doors have: here, every sync is full.
const fullEveryMember = "full_every"

// spec is the configuration of a source.
type spec struct {
	job exporter.Job
	// nestedJSON sends lists and structs as JSON documents.
	nestedJSON bool
}

// tables returns the tables that filters select; without patterns, all of them.
func (s *spec) tables(patterns, skipped []string) ([]table, error) {
	if len(patterns) == 0 {
		patterns = []string{"*"}
	}
	names := schema.TableNames()
	wanted, err := matching("tables", patterns, names)
	if err != nil {
		return nil, err
	}
	unwanted, err := matching("skip_tables", skipped, names)
	if err != nil {
		return nil, err
	}
	var selected []table
	for i, name := range names {
		if !wanted[i] || unwanted[i] {
			continue
		}
		choice, err := door.Choose(s.job, name)
		if err != nil {
			return nil, err
		}
		selected = append(selected, describe(choice, s.nestedJSON))
	}
	if selected == nil {
		return nil, &door.InputError{Err: errors.New("skip_tables leaves out every table that tables selects")}
	}
	return selected, nil
}

// parser reads a configuration without nestedMember.
type parser func(body []byte) (exporter.Job, exporter.Diagnostics)

// parse reads a spec, and returns it with warnings.
func (p parser) parse(body []byte) (*spec, exporter.Diagnostics, error) {
	body, own := takeOwn(body)
	parsed := new(spec)
	var wrong exporter.Diagnostics
	if value, given := own[nestedMember]; given {
		var text string
		if err := json.Unmarshal(value, &text); err != nil || text != nestedArrow && text != nestedJSON {
			wrong = append(wrong, exporter.Diagnostic{
				Severity: exporter.SeverityError, Path: "/" + nestedMember, Summary: "Invalid value",
				Detail: fmt.Sprintf("Use %q for Arrow lists and structs or %q for JSON documents.", nestedArrow, nestedJSON),
			})
		}
		parsed.nestedJSON = text == nestedJSON
	}
	if _, given := own[fullEveryMember]; given {
		wrong = append(wrong, exporter.Diagnostic{
			Severity: exporter.SeverityError, Path: "/" + fullEveryMember, Summary: "Unsupported attribute",
			Detail: "Every sync with CloudQuery reads everything: remove it.",
		})
	}
	job, warnings, err := door.LoadConfig(func(body []byte) (exporter.Job, exporter.Diagnostics) {
		job, found := p(body)
		return job, append(found, wrong...)
	}, door.File{Name: "spec", Bytes: body})
	parsed.job = job
	return parsed, warnings, err
}

// blank is the whitespace of JSON.
const blank = " \t\r\n"

// takeOwn splits a JSON object into the members that this package knows and the rest, in
// which the places of values stay the same. What is not an object is left to the loader.
func takeOwn(body []byte) (rest []byte, own map[string]jsontext.Value) {
	decoder := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	switch token, err := decoder.ReadToken(); {
	case errors.Is(err, io.EOF), string(bytes.Trim(body, blank)) == "null":
		return []byte("{}"), nil
	case err != nil || token.Kind() != '{':
		return body, nil
	}
	own = make(map[string]jsontext.Value)
	rest = []byte{'{'}
	for decoder.PeekKind() != '}' {
		name, nameErr := decoder.ReadValue()
		name = name.Clone()
		value, err := decoder.ReadValue()
		if nameErr != nil || err != nil {
			return body, nil
		}
		switch string(name) {
		case `"` + nestedMember + `"`, `"` + fullEveryMember + `"`:
			own[string(bytes.Trim(name, `"`))] = value.Clone()
			continue
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(append(append(rest, name...), ':'), value...)
	}
	return append(rest, body[decoder.InputOffset():]...), own
}

// specSchema is the JSON Schema of a spec. The host checks a spec with it on request only.
func specSchema() (string, error) {
	var described map[string]any
	if err := json.Unmarshal([]byte(door.ConfigSchema()), &described); err != nil {
		return "", fmt.Errorf("schema of the spec: %w", err)
	}
	removeAirbyte(described)
	described["additionalProperties"] = false
	members, _ := described["properties"].(map[string]any)
	delete(members, fullEveryMember)
	members[nestedMember] = map[string]any{
		"type": "string", "enum": []string{nestedArrow, nestedJSON}, "title": "Lists and structs",
		"description": "Sends them as Arrow lists and structs, or as JSON documents; arrow by default.",
	}
	text, err := json.Marshal(described)
	return string(text), err
}

// removeAirbyte removes the keywords of another protocol.
func removeAirbyte(described map[string]any) {
	delete(described, "airbyte_secret")
	for _, nested := range described {
		if object, ok := nested.(map[string]any); ok {
			removeAirbyte(object)
		}
	}
}
