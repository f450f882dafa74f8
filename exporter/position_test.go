package exporter_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
)

const aPosition = `{"position_version":1,"simulated":false,"source":{"type":"lemlist","endpoint":"https://api.lemlist.com/api","team_id":"tea_1"},` +
	`"users":["usr_1"],"table":"inbox_conversations","schema_version":1,"columns":{"hashed":["id"],"hash_key_id":"v2:00"},` +
	`"run_id":"run-2","finished_at":"2024-03-01T12:00:00Z",` +
	`"marks":{"usr_1":{"newest_activity_at":"2024-03-01T11:00:00Z","total_items":7,"floor_at":"2024-03-01T10:30:00Z","known_since_floor":3}},` +
	`"full_proof":{"run_id":"run-1","finished_at":"2024-02-28T12:00:00Z","method":"seams+sweep"}}`

// A position that a reading did not return could make the next one skip rows.
func TestAMalformedPositionIsRefused(t *testing.T) {
	if _, err := exporter.ParsePosition([]byte(aPosition)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"no JSON":                      {aPosition, "position"},
		"nothing":                      {aPosition, ""},
		"null":                         {aPosition, "null"},
		"another JSON":                 {aPosition, `{"v":1,"journal":"a","mark":"b","pages":1}`},
		"a checkpoint of later":        {`"position_version":1`, `"position_version":2`},
		"an unknown member":            {`"run_id":"run-2"`, `"run_id":"run-2","unless":"usr_1"`},
		"something behind it":          {`"method":"seams+sweep"}}`, `"method":"seams+sweep"}} {}`},
		"no team":                      {`"tea_1"`, `""`},
		"no table":                     {`"inbox_conversations"`, `""`},
		"no schema version":            {`"schema_version":1`, `"schema_version":0`},
		"a negative schema version":    {`"schema_version":1`, `"schema_version":-1`},
		"no run":                       {`"run_id":"run-2"`, `"run_id":""`},
		"no end":                       {`"finished_at":"2024-03-01T12:00:00Z",`, ``},
		"no full proof":                {`"run_id":"run-1"`, `"run_id":""`},
		"no end of the full proof":     {`"finished_at":"2024-02-28T12:00:00Z",`, ``},
		"a full proof after its end":   {"2024-02-28", "2024-03-02"},
		"a year that is none":          {"2024-03-01T11", "20240-03-01T11"},
		"a time before the year 0":     {"2024-03-01T11:00:00Z", "0000-01-01T00:00:00+01:00"},
		"no watermark":                 {`"newest_activity_at":"2024-03-01T11:00:00Z",`, ``},
		"no floor":                     {`"floor_at":"2024-03-01T10:30:00Z",`, ``},
		"a floor above the watermark":  {"10:30:00", "11:30:00"},
		"a negative total":             {`"total_items":7`, `"total_items":-7`},
		"a total that cannot be":       {`"total_items":7`, `"total_items":200000000`},
		"a total that is no integer":   {`"total_items":7`, `"total_items":1e30`},
		"a count that cannot be":       {`"known_since_floor":3`, `"known_since_floor":9223372036854775807`},
		"a count that is below zero":   {`"known_since_floor":3`, `"known_since_floor":-1`},
		"more than positions can have": {`"users":["usr_1"]`, `"users":["` + strings.Repeat("u", exporter.MostPosition) + `"]`},
	} {
		text := strings.Replace(aPosition, change[0], change[1], 1)
		if text == aPosition {
			t.Fatalf("%s: nothing was changed", name)
		}
		if position, err := exporter.ParsePosition([]byte(text)); err == nil || exporter.Hint(err) == "" || position != nil {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestTheErrorOfAPositionNamesWhatDiffers(t *testing.T) {
	position, err := exporter.ParsePosition([]byte(aPosition))
	if err != nil {
		t.Fatal(err)
	}
	if err := position.CheckScope(position.PositionScope); err != nil {
		t.Errorf("its own scope: %v", err)
	}
	other := position.PositionScope
	other.Users = strings.Split("a b c d e f g h i j k l", " ")
	other.Source.Endpoint = "http://127.0.0.1:1"
	other.Columns = nil
	err = position.CheckScope(other)
	const want = `the position belongs to another configuration: its endpoint is "https://api.lemlist.com/api", not "http://127.0.0.1:1"; ` +
		`its users are usr_1, not a, b, c, d, e, f, g, h, i, j and 2 more; its hashed columns are id, not none`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add(aPosition)
	f.Add(strings.Replace(aPosition, `"marks"`, `"Marks"`, 1))
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		position, err := exporter.ParsePosition([]byte(text))
		if err != nil {
			return
		}
		again, err := json.Marshal(position)
		if err != nil {
			t.Fatalf("%q becomes a position without JSON: %v", text, err)
		}
		second, err := exporter.ParsePosition(again)
		if err != nil {
			t.Fatalf("%q becomes %s: %v", text, again, err)
		}
		if _, err := json.Marshal(second); err != nil || position.CheckScope(second.PositionScope) != nil {
			t.Errorf("%s: %v (-first +second):\n%s", text, err, cmp.Diff(position, second))
		}
	})
}
