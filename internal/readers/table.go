package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
)

// table is the rows of a file by their id, so that their order does not count.
type table map[string]map[string]any

func readTable(path string) (table, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows := table{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r map[string]any
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&r); err != nil {
			return nil, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		id, _ := r["id"].(string)
		if _, twice := rows[id]; twice {
			return nil, fmt.Errorf("the id %q comes twice", id)
		}
		rows[id] = r
	}
	return rows, lines.Err()
}

// compare says what theirs has else than t, "" for nothing. With lenient a null list
// is an empty one, and a null struct one whose fields are null.
func (t table) compare(theirs table, lenient bool) string {
	if len(t) != len(theirs) {
		return fmt.Sprintf("%d rows instead of %d", len(theirs), len(t))
	}
	ids := make([]string, 0, len(t))
	for id := range t {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		want, got := t[id], theirs[id]
		if got == nil {
			return fmt.Sprintf("there is no row %s", id)
		}
		if len(got) != len(want) {
			return fmt.Sprintf("%d columns instead of %d", len(got), len(want))
		}
		for name := range want {
			a, b := want[name], got[name]
			if lenient {
				a, b = hollow(a), hollow(b)
			}
			if !reflect.DeepEqual(a, b) {
				return fmt.Sprintf("%s of row %s is %.200q instead of %.200q", name, id, fmt.Sprint(b), fmt.Sprint(a))
			}
		}
	}
	return ""
}

// hollow is nil for everything that holds no value.
func hollow(value any) any {
	switch value := value.(type) {
	case []any:
		if len(value) == 0 {
			return nil
		}
		list := make([]any, len(value))
		for i := range value {
			list[i] = hollow(value[i])
		}
		return list
	case map[string]any:
		fields, empty := map[string]any{}, true
		for name := range value {
			fields[name] = hollow(value[name])
			empty = empty && fields[name] == nil
		}
		if empty {
			return nil
		}
		return fields
	default:
		return value
	}
}

// present counts the values of a column that are not null.
func (t table) present(name string) int {
	n := 0
	for _, r := range t {
		if r[name] != nil {
			n++
		}
	}
	return n
}
