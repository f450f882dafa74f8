package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
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

// loss is something that readers of a kind cannot hold.
type loss struct {
	name    string
	without func(value any) any
}

// losses are few and named: everything else is a difference.
func losses() []loss {
	return []loss{
		{"but null lists and structs", hollow}, // they become empty lists, and structs of nulls
		{"but byte order marks", unmarked},     // the first character of a text
	}
}

// compare says how equal theirs are (yes, no, or all but a loss), and what differs.
func (t table) compare(theirs table) (equal, difference string) {
	difference = t.difference(theirs, func(value any) any { return value })
	if difference == "" {
		return yes, ""
	}
	for _, l := range losses() {
		if t.difference(theirs, l.without) == "" {
			return l.name, difference
		}
	}
	return no, difference
}

// difference is the first one, "" for none.
func (t table) difference(theirs table, without func(any) any) string {
	if len(t) != len(theirs) {
		return fmt.Sprintf("%d rows instead of %d", len(theirs), len(t))
	}
	for _, id := range slices.Sorted(maps.Keys(t)) {
		want, got := t[id], theirs[id]
		if got == nil {
			return "there is no row " + id
		}
		if len(got) != len(want) {
			return fmt.Sprintf("%d columns instead of %d", len(got), len(want))
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if a, b := without(want[name]), without(got[name]); !reflect.DeepEqual(a, b) {
				return fmt.Sprintf("%s of row %s is %.200q instead of %.200q", name, id, fmt.Sprint(b), fmt.Sprint(a))
			}
		}
	}
	return ""
}

// unmarked takes the byte order mark from the start of texts.
func unmarked(value any) any {
	switch value := value.(type) {
	case string:
		return strings.TrimPrefix(value, "\ufeff")
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = unmarked(value[i])
		}
		return list
	case map[string]any:
		fields := map[string]any{}
		for name := range value {
			fields[name] = unmarked(value[name])
		}
		return fields
	default:
		return value
	}
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
