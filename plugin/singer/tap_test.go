package singer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/doortest"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/plugin/singer"
	"github.com/lemexport/lemexport/schema"
)

// now is the version of a first full reading.
const now = 1767323045678

func sync(t *testing.T, engine *doortest.Engine, job exporter.Job, catalog, state string) ([]string, error) {
	t.Helper()
	var out bytes.Buffer
	tap := singer.Tap{Engine: engine, Now: func() time.Time { return time.UnixMilli(now) }, Out: &out}
	file := door.File{}
	if catalog != "" {
		file = door.File{Name: "catalog.json", Bytes: []byte(catalog)}
	}
	err := tap.Sync(t.Context(), job, file, door.File{Name: "state.json", Bytes: []byte(state)})
	return slices.Collect(strings.Lines(out.String())), err
}

// catalogOf selects the default table, and says more of it.
func catalogOf(more ...string) string {
	entries := append([]string{`{"breadcrumb": [], "metadata": {"selected": true}}`}, more...)
	return fmt.Sprintf(`{"streams": [{"tap_stream_id": %q, "metadata": [%s]}, {"tap_stream_id": "gone", "metadata": [{"breadcrumb": [], "metadata": {"selected": false}}]}]}`,
		schema.Default().Name, strings.Join(entries, ", "))
}

// outline is the messages without their rows and schemas.
func outline(t *testing.T, lines []string) []string {
	t.Helper()
	var parts []string
	for _, line := range lines {
		var message struct {
			Type    string          `json:"type"`
			Stream  string          `json:"stream"`
			Version int64           `json:"version"`
			Keys    []string        `json:"key_properties"`
			Record  json.RawMessage `json:"record"`
			Value   json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		part := message.Type
		if message.Keys != nil {
			part += " by " + strings.Join(message.Keys, ", ")
		}
		if message.Version != 0 {
			part += fmt.Sprintf(" of version %d", message.Version)
		}
		parts = append(parts, part+string(message.Value))
	}
	return parts
}

func TestSync(t *testing.T) {
	table := schema.Default().Name
	bookmark := func(content string) string { return fmt.Sprintf(`{"bookmarks":{%q:{%s}}}`, table, content) }
	record, next := fmt.Sprintf("RECORD of version %d", now), fmt.Sprintf("ACTIVATE_VERSION of version %d", now)
	for name, test := range map[string]struct {
		batches        []int
		catalog, state string
		want           []string
		since          string
	}{
		"a full reading activates its version": {
			[]int{2, 1}, catalogOf(), "",
			[]string{"SCHEMA by id", record, record, record, next, "STATE" + bookmark(fmt.Sprintf(`"position":{"at":1},"version":%d`, now))}, "",
		},
		"an empty table has a schema and a version": {
			nil, catalogOf(), "{}",
			[]string{"SCHEMA by id", next, "STATE" + bookmark(fmt.Sprintf(`"position":{"at":1},"version":%d`, now))}, "",
		},
		"an increment repeats the version of the last full reading": {
			[]int{1}, catalogOf(), bookmark(`"position": {"at": 0}, "version": 5`),
			[]string{"SCHEMA by id", "RECORD of version 5", "STATE" + bookmark(`"position":{"at":1},"version":5`)}, `{"at": 0}`,
		},
		"a full reading without a position has a greater version": {
			nil, catalogOf(), bookmark(fmt.Sprintf(`"version": %d`, now)),
			[]string{"SCHEMA by id", fmt.Sprintf("ACTIVATE_VERSION of version %d", now+1), "STATE" + bookmark(fmt.Sprintf(`"position":{"at":1},"version":%d`, now+1))}, "",
		},
		"FULL_TABLE ignores the position": {
			nil, catalogOf(`{"breadcrumb": [], "metadata": {"replication-method": "FULL_TABLE", "selected": true}}`), bookmark(`"position": {"at": 0}, "version": 5`),
			[]string{"SCHEMA by id", next, "STATE" + bookmark(fmt.Sprintf(`"position":{"at":1},"version":%d`, now))}, "",
		},
		"the first version of Singer selects in the schema": {
			nil, fmt.Sprintf(`{"streams": [{"stream": %q, "schema": {"selected": true}}]}`, table), "",
			[]string{"SCHEMA by id", next, "STATE" + bookmark(fmt.Sprintf(`"position":{"at":1},"version":%d`, now))}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &doortest.Engine{Batches: test.batches, Position: `{"at": 1}`}
			lines, err := sync(t, engine, exporter.Job{}, test.catalog, test.state)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, outline(t, lines)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if len(engine.Asked) != 1 || engine.Asked[0].Since != test.since {
				t.Errorf("asked %+v, want one reading since %q", engine.Asked, test.since)
			}
		})
	}
}

// What is deselected, at any depth, neither comes nor is described; what rows cannot do without stays.
func TestDeselectedProperties(t *testing.T) {
	job := exporter.Job{Exports: []exporter.Export{{Table: schema.Default().Name, Columns: exporter.Columns{
		Selection: schema.Selection{Exclude: []string{"extra"}, Hash: []string{"contact.email"}},
	}}}}
	off := func(path string) string {
		return fmt.Sprintf(`{"breadcrumb": [%s], "metadata": {"selected": false}}`, path)
	}
	engine := &doortest.Engine{Batches: []int{1}}
	lines, err := sync(t, engine, job, catalogOf(off(`"properties", "id"`), off(`"properties", "contact"`),
		off(`"properties", "users", "items", "properties", "sender"`)), "")
	if err != nil {
		t.Fatal(err)
	}
	want := schema.Selection{Exclude: []string{"contact", "extra", "users.sender"}, Hash: []string{}}
	if diff := cmp.Diff(want, engine.Asked[0].Selection); diff != "" {
		t.Errorf("selection (-want +got):\n%s", diff)
	}
	for _, line := range lines[:2] {
		for _, name := range []string{`"contact":`, `"extra":`, `"sender":`} {
			if strings.Contains(line, name) {
				t.Errorf("%s is in %.80s…", name, line)
			}
		}
	}
}

// Without a catalog every table is read.
func TestEveryTable(t *testing.T) {
	engine := &doortest.Engine{}
	lines, err := sync(t, engine, exporter.Job{}, "", "")
	if err != nil || len(engine.Asked) != len(schema.Tables()) {
		t.Fatalf("asked %v, error %v", engine.Asked, err)
	}
	if states := strings.Count(strings.Join(lines, ""), `"type":"STATE"`); states != 1 {
		t.Errorf("%d states, want one", states)
	}
}

func TestFailuresWriteNothing(t *testing.T) {
	unproven := fmt.Errorf("%w: it moved", exporter.ErrIncomplete)
	for name, test := range map[string]struct {
		engine         doortest.Engine
		catalog, state string
		want           string
	}{
		"an unproven walk":    {doortest.Engine{Batches: []int{1}, Err: unproven}, catalogOf(), "", "stream " + schema.Default().Name + ": " + unproven.Error()},
		"an unknown stream":   {doortest.Engine{}, `{"streams": [{"tap_stream_id": "inbox", "selected": true}]}`, "", `unknown stream "inbox"`},
		"nothing is selected": {doortest.Engine{}, `{"streams": []}`, "", "no stream is selected in catalog.json"},
		"no catalog":          {doortest.Engine{}, `[]`, "", "catalog.json is not a Singer catalog"},
		"no state":            {doortest.Engine{}, catalogOf(), `[1]`, "state.json is not a state of this tap"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := sync(t, &test.engine, exporter.Job{}, test.catalog, test.state)
			if err == nil || err.Error() != test.want || len(lines) != 0 {
				t.Errorf("error %v, want %s; wrote %v", err, test.want, lines)
			}
			if test.engine.Err != nil && !errors.Is(err, test.engine.Err) {
				t.Errorf("the error does not wrap %v", test.engine.Err)
			}
		})
	}
}

// A stream that fails after its first rows leaves whole lines, and no state.
func TestBrokenStreamEndsWithAWholeLine(t *testing.T) {
	boom := errors.New("boom")
	lines, err := sync(t, &doortest.Engine{Batches: []int{1000}, Late: boom}, exporter.Job{}, catalogOf(), "")
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	messages := outline(t, lines)
	if len(messages) != 1001 || strings.HasPrefix(messages[1000], "STATE") {
		t.Errorf("%d messages, the last is %s", len(messages), messages[len(messages)-1])
	}
}

// A discovered catalog selects everything, and names every property once.
func TestDiscover(t *testing.T) {
	var out bytes.Buffer
	if err := singer.Discover(exporter.Job{}, &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{`"contact",`, `"inclusion": "automatic"`, `"replication-method": "INCREMENTAL"`, `"table-key-properties"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the catalog lacks %s", want)
		}
	}
	if strings.Contains(text, "airbyte") {
		t.Error("the catalog knows Airbyte")
	}
	engine := &doortest.Engine{}
	if _, err := sync(t, engine, exporter.Job{}, text, ""); err != nil {
		t.Fatal(err)
	}
	for i, table := range schema.Tables() {
		if asked := engine.Asked[i]; asked.Table != table.Name || !asked.Selection.IsZero() {
			t.Errorf("asked %+v, want all of %s", asked, table.Name)
		}
		entries := 0
		for _, name := range table.Names() {
			column, _ := table.Find(name)
			inclusion := "available"
			if column.Needed != "" {
				inclusion = "automatic"
			}
			path := strings.ReplaceAll(name, ".", `","properties","`)
			if top, field, nested := strings.Cut(name, "."); nested {
				if parent, _ := table.Find(top); parent.Elem != nil {
					path = top + `","items","properties","` + field
				}
			}
			var compact bytes.Buffer
			_ = json.Compact(&compact, out.Bytes())
			if strings.Contains(compact.String(), `{"breadcrumb":["properties","`+path+`"],"metadata":{"inclusion":"`+inclusion) {
				entries++
			} else {
				t.Errorf("no metadata of %s as %s", name, inclusion)
			}
		}
		if entries == 0 {
			t.Errorf("no metadata of %s", table.Name)
		}
	}
}
