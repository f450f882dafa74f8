package airbyte_test

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
	"github.com/lemexport/lemexport/plugin/airbyte"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/schema"
)

// console is a source with its standard output.
type console struct {
	airbyte.Source
	out bytes.Buffer
}

func newConsole(engine *doortest.Engine) *console {
	c := new(console)
	c.Source = airbyte.Source{Engine: engine, Messages: airbyte.NewMessages(&c.out, func() time.Time { return time.UnixMilli(5) })}
	return c
}

// outline is the messages without what rows and schemas hold.
func (c *console) outline(t *testing.T) []string {
	t.Helper()
	var parts []string
	for line := range strings.Lines(c.out.String()) {
		var message map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if kind := string(message["type"]); kind == `"RECORD"` {
			parts = append(parts, "RECORD")
			continue
		}
		parts = append(parts, strings.TrimSpace(line))
	}
	return parts
}

func configuredCatalog(mode string) door.File {
	return door.File{Name: "catalog.json", Bytes: fmt.Appendf(nil, `{"streams": [{"stream": {"name": %q}, "sync_mode": %q}]}`, schema.Default().Name, mode)}
}

func stateOf(position string) string {
	return fmt.Sprintf(`{"type":"STREAM","stream":{"stream_descriptor":{"name":%q},"stream_state":{"position":%s}}`, schema.Default().Name, position)
}

func status(status string) string {
	return fmt.Sprintf(`{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":5,"stream_status":{"stream_descriptor":{"name":%q},"status":%q}}}`, schema.Default().Name, status)
}

func TestRead(t *testing.T) {
	for name, test := range map[string]struct {
		batches     []int
		mode, state string
		since       string
	}{
		"the beginning":              {[]int{2, 1}, "incremental", "", ""},
		"an empty list of states":    {[]int{1}, "incremental", "[]", ""},
		"an increment":               {[]int{1}, "incremental", "[" + stateOf(`{"at": 0}`) + "}]", `{"at": 0}`},
		"nothing is new":             {nil, "incremental", "[" + stateOf(`{"at": 0}`) + "}]", `{"at": 0}`},
		"full_refresh has no states": {[]int{1}, "full_refresh", "[" + stateOf(`{"at": 0}`) + "}]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &doortest.Engine{Batches: test.batches, Position: `{"at": 1}`}
			c := newConsole(engine)
			if err := c.Read(t.Context(), exporter.Job{}, configuredCatalog(test.mode), door.File{Name: "state.json", Bytes: []byte(test.state)}); err != nil {
				t.Fatal(err)
			}
			want := []string{status("STARTED")}
			records := 0
			for _, rows := range test.batches {
				if records == 0 {
					want = append(want, status("RUNNING"))
				}
				records += rows
				want = append(want, slices.Repeat([]string{"RECORD"}, rows)...)
			}
			want = append(want, fmt.Sprintf(`{"type":"STATE","state":%s,"sourceStats":{"recordCount":%d}}}`, stateOf(`{"at":1}`), records), status("COMPLETE"))
			if diff := cmp.Diff(want, c.outline(t)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if len(engine.Asked) != 1 || engine.Asked[0].Since != test.since {
				t.Errorf("asked %+v, want one reading since %q", engine.Asked, test.since)
			}
		})
	}
}

func TestRecordsOfAFullBuffer(t *testing.T) {
	const rows = 1000 // more than one write
	c := newConsole(&doortest.Engine{Batches: []int{rows}})
	if err := c.Read(t.Context(), exporter.Job{}, configuredCatalog("full_refresh"), door.File{}); err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf(`{"type":"RECORD","record":{"stream":%q,"emitted_at":5,"data":{"id":`, schema.Default().Name)
	if got := strings.Count(c.out.String(), head); got != rows {
		t.Errorf("%d records, want %d", got, rows)
	}
}

func TestFailures(t *testing.T) {
	unproven := fmt.Errorf("%w: it\nmoved", exporter.ErrIncomplete)
	streams := configuredCatalog("incremental")
	for name, test := range map[string]struct {
		engine         doortest.Engine
		catalog, state string
		want, kind     string
	}{
		"an unproven walk":        {doortest.Engine{Batches: []int{1}, Err: unproven}, string(streams.Bytes), "", "stream " + schema.Default().Name + ": export is not proven complete: it moved", "transient_error"},
		"another error":           {doortest.Engine{Err: errors.New("boom")}, string(streams.Bytes), "", "stream " + schema.Default().Name + ": boom", "system_error"},
		"an unknown stream":       {doortest.Engine{}, `{"streams": [{"stream": {"name": "inbox"}}]}`, "", `unknown stream "inbox"`, "config_error"},
		"no streams":              {doortest.Engine{}, `{}`, "", "no stream is configured in catalog.json", "config_error"},
		"no catalog":              {doortest.Engine{}, `[]`, "", "catalog.json is not a configured catalog", "config_error"},
		"a state that is no list": {doortest.Engine{}, string(streams.Bytes), `{"position": 1}`, "", "config_error"},
		"a state of another kind": {doortest.Engine{}, string(streams.Bytes), `[{"type": "GLOBAL"}]`, `state.json is not a list of states of this source: a state of type "GLOBAL"`, "config_error"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(&test.engine)
			err := c.Read(t.Context(), exporter.Job{}, door.File{Name: "catalog.json", Bytes: []byte(test.catalog)}, door.File{Name: "state.json", Bytes: []byte(test.state)})
			if err == nil {
				t.Fatal("no error")
			}
			if err := c.Messages.Fail(err); err != nil {
				t.Fatal(err)
			}
			messages := c.outline(t)
			if slices.Contains(messages, "RECORD") || strings.Contains(c.out.String(), `"STATE"`) {
				t.Errorf("rows or a state were written: %v", messages)
			}
			var last struct {
				Trace struct {
					Error struct {
						Message string `json:"message"`
						Kind    string `json:"failure_type"`
					} `json:"error"`
				} `json:"trace"`
			}
			if err := json.Unmarshal([]byte(messages[len(messages)-1]), &last); err != nil {
				t.Fatal(err)
			}
			if got := last.Trace.Error; got.Kind != test.kind || test.want != "" && got.Message != test.want || strings.Contains(got.Message, "\n") {
				t.Errorf("got %+v, want %q of kind %s", got, test.want, test.kind)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		engine  doortest.Engine
		invalid error
		want    string
	}{
		"a team":                  {doortest.Engine{}, nil, `{"status":"SUCCEEDED"}`},
		"a wrong key":             {doortest.Engine{Err: exporter.WithHint(errors.New("the key\nis wrong"), "Set another one.")}, nil, `{"status":"FAILED","message":"the key is wrong. Set another one."}`},
		"a configuration too bad": {doortest.Engine{}, errors.New("no key"), `{"status":"FAILED","message":"no key"}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(&test.engine)
			if err := c.Check(t.Context(), exporter.Job{}, test.invalid); err != nil {
				t.Fatal(err)
			}
			if got, want := c.out.String(), `{"type":"CONNECTION_STATUS","connectionStatus":`+test.want+"}\n"; got != want {
				t.Errorf("got %s want %s", got, want)
			}
		})
	}
}

func TestDiscover(t *testing.T) {
	c := newConsole(&doortest.Engine{})
	if err := c.Discover(exporter.Job{}); err != nil {
		t.Fatal(err)
	}
	for _, table := range schema.Tables() {
		modes := `"supported_sync_modes":["full_refresh"],"source_defined_primary_key":[["` + table.NameOf(schema.RoleKey) + `"]]`
		if table.Incremental() {
			modes = `"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"default_cursor_field":["` +
				table.NameOf(schema.RoleVersion) + `"],"source_defined_primary_key":[["` + table.NameOf(schema.RoleKey) + `"]]`
		}
		if !strings.Contains(c.out.String(), modes) || !strings.Contains(c.out.String(), `{"name":"`+table.Name+`"`) {
			t.Errorf("no %s with %s in %s", table.Name, modes, c.out.String())
		}
	}
}

// What a person would see is logged line by line.
func TestTextIsLogged(t *testing.T) {
	c := newConsole(&doortest.Engine{})
	if _, err := c.Messages.Write([]byte("Error: no\n\n  in a\nWarning: \"x\"\n")); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"LOG","log":{"level":"ERROR","message":"Error: no"}}
{"type":"LOG","log":{"level":"INFO","message":"  in a"}}
{"type":"LOG","log":{"level":"WARN","message":"Warning: \"x\""}}
`
	if got := c.out.String(); got != want {
		t.Errorf("got %s want %s", got, want)
	}
}
