package decode

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/schema"
)

// The oracle rebuilds what was sent from a row's columns and its extra, and
// compares. It parses with encoding/json and shares no code with the decoder.
//
// A tree is nil, bool, json.Number, string, []any, map[string]any, or duplicates:
// the values of a key that came more than once.
type duplicates []any

// parseTree parses one JSON text.
func parseTree(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	tree, err := readTree(decoder)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return tree, nil
}

func readTree(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			element, err := readTree(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		_, err := decoder.Token()
		return list, err
	case json.Delim('{'):
		group, counts := map[string]any{}, map[string]int{}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			value, err := readTree(decoder)
			if err != nil {
				return nil, err
			}
			key := name.(string)
			switch counts[key]++; counts[key] {
			case 1:
				group[key] = value
			case 2:
				group[key] = duplicates{group[key], value}
			default:
				group[key] = append(group[key].(duplicates), value)
			}
		}
		_, err := decoder.Token()
		return group, err
	}
	return token, nil
}

// settle gives a tree the form in which sent and rebuilt must be equal: null
// is absent, an absent `done` is false, a timestamp is in its shortest form.
func settle(columns []schema.Column, tree map[string]any) map[string]any {
	for _, column := range columns {
		if column.Key == "" {
			continue
		}
		switch settled := settleValue(column, tree[column.Key]); {
		case settled != nil:
			tree[column.Key] = settled
		case column.AbsentFalse:
			tree[column.Key] = false
		default:
			delete(tree, column.Key)
		}
	}
	return tree
}

func settleValue(column schema.Column, value any) any {
	switch value := value.(type) {
	case string:
		if at, zone := referenceTime(value); zone && column.Type == schema.Timestamp {
			return at.UTC().Format(time.RFC3339Nano)
		}
	case []any:
		if column.Type == schema.List {
			for i := range value {
				value[i] = settleValue(*column.Elem, value[i])
			}
		}
	case map[string]any:
		if column.Type == schema.Struct {
			return settle(column.Fields, value)
		}
	}
	return value
}

// referenceTime reads a date-time by the standard library; zone is whether it names one.
func referenceTime(text string) (at time.Time, zone bool) {
	text = strings.ToUpper(text)
	if len(text) < len("2006-01-02T15:") || text[13] != ':' { // the library reads an hour of one digit
		return time.Time{}, false
	}
	for _, between := range []string{"T", " "} {
		for _, zone := range []string{"Z07:00", "Z0700", "Z07", " Z07:00", " Z0700", " Z07", " UTC", "UTC", ""} {
			if at, err := time.Parse("2006-01-02"+between+"15:04:05"+zone, text); err == nil {
				return at, zone != ""
			}
		}
	}
	return time.Time{}, false
}

// referenceInstant reads the value of a timestamp column, to the microsecond; nil
// when it names no instant.
func referenceInstant(value any) any {
	text, isText := value.(string)
	if isText {
		if at, _ := referenceTime(text); !at.IsZero() {
			return time.UnixMicro(at.UnixMicro()).UTC()
		}
	} else if number, ok := value.(json.Number); ok {
		text = number.String()
	}
	if at, ok := referenceEpoch(text); ok {
		return at
	}
	return nil
}

// rebuild makes the tree of a row's columns, by API keys.
func rebuild(columns []schema.Column, row map[string]any) map[string]any {
	tree := map[string]any{}
	for _, column := range columns {
		if value := rebuildValue(column, row[column.Name]); value != nil && column.Key != "" {
			tree[column.Key] = value
		}
	}
	return tree
}

func rebuildValue(column schema.Column, value any) any {
	switch value := value.(type) {
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case []any:
		for i := range value {
			value[i] = rebuildValue(*column.Elem, value[i])
		}
	case map[string]any:
		return rebuild(column.Fields, value)
	}
	return value
}

// put sets the value at a pointer.
func put(tree any, tokens []string, value any) error {
	switch tree := tree.(type) {
	case map[string]any:
		if len(tokens) == 1 {
			tree[tokens[0]] = value
			return nil
		}
		return put(tree[tokens[0]], tokens[1:], value)
	case []any:
		i, err := strconv.Atoi(tokens[0])
		if err != nil || i < 0 || i >= len(tree) {
			return fmt.Errorf("no element %q", tokens[0])
		}
		if len(tokens) == 1 {
			tree[i] = value
			return nil
		}
		return put(tree[i], tokens[1:], value)
	}
	return fmt.Errorf("nothing is at %q", tokens)
}

// unwrap resolves the forms of extra in one value. sent is the row as it came.
func unwrap(value any, sent []byte) (any, error) {
	form, ok := value.(map[string]any)
	if !ok || len(form) != 1 {
		return value, nil
	}
	if list, ok := form["$duplicates"].([]any); ok {
		all := duplicates{}
		for _, value := range list {
			unwrapped, err := unwrap(value, sent)
			if err != nil {
				return nil, err
			}
			all = append(all, unwrapped)
		}
		return all, nil
	}
	if literal, ok := form["$literal"]; ok {
		return literal, nil
	}
	if binary, ok := form["$binary"].(map[string]any); ok {
		raw, err := base64.StdEncoding.DecodeString(binary["base64"].(string))
		if err != nil || !bytes.Contains(sent, raw) {
			return nil, fmt.Errorf("$binary was not sent: %q", raw)
		}
		if !json.Valid(raw) { // what stands between quotes is never valid where it is not Unicode
			raw = append(append([]byte{'"'}, raw...), '"')
		}
		return parseTree(raw)
	}
	return value, nil
}

// checkRow compares a row with the object it was decoded from.
func checkRow(table *schema.Table, sent []byte, rec arrow.Record, i int) error {
	columns := table.Columns
	row := rowOf(rec, i)
	want, err := parseTree(sent)
	if err != nil {
		return err
	}
	if err := checkScalars(columns, want.(map[string]any), row); err != nil {
		return err
	}
	rebuilt := rebuild(columns, row)
	if text, ok := row["extra"].(string); ok {
		if !utf8.ValidString(text) || !json.Valid([]byte(text)) {
			return fmt.Errorf("extra is not JSON: %q", text)
		}
		extra, err := parseTree([]byte(text))
		if err != nil {
			return err
		}
		kept, ok := extra.(map[string]any)
		if !ok || len(kept) == 0 {
			return fmt.Errorf("extra is not an object with members: %s", text)
		}
		for name, value := range kept {
			if _, ok := value.(duplicates); ok {
				return fmt.Errorf("extra has %q twice", name)
			}
			tokens := []string{name}
			if pointer, ok := strings.CutPrefix(name, "/"); ok {
				tokens = strings.Split(pointer, "/")
				for i := range tokens {
					tokens[i] = strings.ReplaceAll(strings.ReplaceAll(tokens[i], "~1", "/"), "~0", "~")
				}
			}
			value, err := unwrap(value, sent)
			if err != nil {
				return err
			}
			if err := put(rebuilt, tokens, value); err != nil {
				return err
			}
		}
	}
	if diff := cmp.Diff(settle(columns, want.(map[string]any)), settle(columns, rebuilt)); diff != "" {
		return fmt.Errorf("sent and rebuilt differ (-sent +rebuilt):\n%s", diff)
	}
	return nil
}

// checkScalars compares the columns of texts, booleans and timestamps with the last
// value that came, whether it is kept in extra or not.
func checkScalars(columns []schema.Column, sent, row map[string]any) error {
	for _, column := range columns {
		if column.Key == "" {
			continue
		}
		value := sent[column.Key]
		if all, ok := value.(duplicates); ok {
			value = all[len(all)-1]
		}
		switch column.Type {
		case schema.String:
			value, _ = value.(string)
			if got, _ := row[column.Name].(string); got != value {
				return fmt.Errorf("%s is %q, sent %q", column.Name, got, value)
			}
		case schema.Bool:
			want, fits := value.(bool)
			if got, ok := row[column.Name].(bool); got != want || ok != fits {
				return fmt.Errorf("%s is %v, sent %v", column.Name, row[column.Name], value)
			}
		case schema.Timestamp:
			if want := referenceInstant(value); want != row[column.Name] {
				return fmt.Errorf("%s is %v, sent %v", column.Name, row[column.Name], value)
			}
		default:
		}
	}
	return nil
}

// The oracle itself must notice a loss.
func TestOracleNoticesLosses(t *testing.T) {
	sent := `{"_id":"a","users":[{"userId":"u","x":1}],"n":0.10,"done":true,"teamId":"t","teamId":"t"}`
	for _, decoded := range []string{
		`{"_id":"a","users":[{"userId":"u"}],"n":0.10,"done":true,"teamId":"t","teamId":"t"}`,
		`{"_id":"a","users":[{"userId":"u","x":1}],"n":0.1,"done":true,"teamId":"t","teamId":"t"}`,
		`{"_id":"a","users":[{"userId":"v","x":1}],"n":0.10,"done":true,"teamId":"t","teamId":"t"}`,
		`{"_id":"a","users":[{"userId":"u","x":1}],"n":0.10,"done":true,"teamId":"t"}`,
		`{"_id":"a","users":[{"userId":"u","x":1},null],"n":0.10,"done":true,"teamId":"t","teamId":"t"}`,
	} {
		if checkRow(schema.InboxConversations(), []byte(sent), mustDecode(t, pageOf(decoded)).Record, 0) == nil {
			t.Errorf("no difference between\n%s\n%s", sent, decoded)
		}
	}
	if err := checkRow(schema.InboxConversations(), []byte(sent), mustDecode(t, pageOf(sent)).Record, 0); err != nil {
		t.Error(err)
	}
}
