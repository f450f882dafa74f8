package rowjson_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/plugin/rowjson"
	"github.com/lemexport/lemexport/schema"
)

func bind(t recordtest.T, table *schema.Table, rec arrow.Record) rowjson.Rows {
	t.Helper()
	rows, err := rowjson.Of(table, rec)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return rows
}

// withoutExtra leaves out the column that is a JSON object: random text is none, and
// Arrow's JSON reader has no type for it.
func withoutExtra(t *testing.T, table *schema.Table) *schema.Table {
	t.Helper()
	extra, _, ok := table.ByRole(schema.RoleExtra)
	if !ok {
		return table
	}
	selected, err := table.Select(schema.Selection{Exclude: []string{extra.Name}})
	if err != nil {
		t.Fatal(err)
	}
	return selected
}

// anyRecord has times of four-digit years, as everything that the decoder reads.
func anyRecord(t *rapid.T, table *schema.Table, rows int) arrow.Record {
	wild := recordtest.Any(t, table, rows)
	defer wild.Release()
	const most = 1900 * 365 * 24 * 3600 * 1_000_000 // microseconds before and after 1970
	columns := slices.Clone(wild.Columns())
	for i, column := range columns {
		times, ok := column.(*array.Timestamp)
		if !ok {
			continue
		}
		tame := array.NewTimestampBuilder(memory.DefaultAllocator, times.DataType().(*arrow.TimestampType))
		for row := range rows {
			if times.IsNull(row) {
				tame.AppendNull()
			} else {
				tame.Append(times.Value(row) % most)
			}
		}
		columns[i] = tame.NewArray()
		defer columns[i].Release()
	}
	return array.NewRecord(wild.Schema(), columns, int64(rows))
}

// Arrow's own JSON reader gets back the record that was written, also from a slice of it.
func TestArrowReadsTheSameRows(t *testing.T) {
	for _, table := range schema.Tables() {
		plain := withoutExtra(t, table)
		rapid.Check(t, func(t *rapid.T) {
			whole := anyRecord(t, plain, rapid.IntRange(1, 5).Draw(t, "rows"))
			defer whole.Release()
			rec := whole.NewSlice(rapid.Int64Range(0, whole.NumRows()-1).Draw(t, "from"), whole.NumRows())
			defer rec.Release()
			rows := bind(t, plain, rec)
			text := []byte{'['}
			for row := range int(rec.NumRows()) {
				if row > 0 {
					text = append(text, ',')
				}
				text = rows.Append(text, row)
			}
			if bytes.ContainsAny(text, "\r\n") {
				t.Fatalf("a row has a line break: %q", text)
			}
			got, _, err := array.RecordFromJSON(memory.DefaultAllocator, plain.Arrow(), bytes.NewReader(append(text, ']')))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			defer got.Release()
			recordtest.Same(t, plain, []arrow.Record{got}, []arrow.Record{rec})
		})
	}
}

// row is the JSON of the only row of the default table, with these members and null.
func row(t *testing.T, members string) string {
	t.Helper()
	table := schema.Default()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, table.Arrow(), strings.NewReader("["+members+"]"))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	return string(bind(t, table, rec).Append(nil, 0))
}

func TestRow(t *testing.T) {
	got := row(t, `{"id": "ibx_1", "created_at": "2026-01-02T03:04:05Z", "have_replies": false, "last_sent_subject": "\"é\"\n\u0001<",
		"channels": [], "users": [{"user_id": "usr_1", "sender": true, "read": null}, null],
		"extra": "{\"n\": 12345678901234567890.10, \"a\":\n {}}", "fetched_at": "1969-12-31T23:59:59.999999Z"}`)
	want := `{"id":"ibx_1","team_id":null,"contact_id":null,"created_by":null,"created_at":"2026-01-02T03:04:05.000000Z","last_activity_at":null,` +
		`"have_replies":false,"last_replied_at":null,"last_replied_channel":null,"is_your_turn":null,"last_sent_at":null,` +
		`"last_sent_subject":"\"é\"\n\u0001<","last_sent_message_preview":null,"last_replied_subject":null,"last_replied_message_preview":null,` +
		`"channels":[],"users":[{"user_id":"usr_1","sender":true,"read":null},null],"opportunities":null,"contact":null,` +
		`"extra":{"n":12345678901234567890.10,"a":{}},"fetched_at":"1969-12-31T23:59:59.999999Z"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRecordOfAnotherTable(t *testing.T) {
	small := recordtest.Plain(recordtest.Small(), 0, 1)
	defer small.Release()
	if _, err := rowjson.Of(schema.Default(), small); err == nil {
		t.Error("a record with other columns is accepted")
	}
}

// Every row is a value of the schema's types, and the two have the same names in the same order.
func TestSchemaDescribesTheRows(t *testing.T) {
	for _, table := range schema.Tables() {
		table := withoutExtra(t, table)
		rapid.Check(t, func(t *rapid.T) {
			rec := anyRecord(t, table, 1)
			defer rec.Release()
			described := rowjson.SchemaOf(table, rowjson.Airbyte)
			fits(t, table.Name, described, json.RawMessage(bind(t, table, rec).Append(nil, 0)))
		})
	}
}

func fits(t *rapid.T, at string, described rowjson.Schema, value json.RawMessage) {
	kinds := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null"}
	kind := kinds[value[0]]
	if !strings.Contains(strings.Join(described.Type, " "), kind) {
		t.Fatalf("%s: %s is not of type %v", at, value, described.Type)
	}
	switch {
	case kind == "object" && !described.Open:
		decoder := json.NewDecoder(bytes.NewReader(value))
		_, _ = decoder.Token()
		for _, property := range described.Properties {
			name, _ := decoder.Token()
			if name != property.Name {
				t.Fatalf("%s: member %v, want %s", at, name, property.Name)
			}
			var member json.RawMessage
			if err := decoder.Decode(&member); err != nil {
				t.Fatalf("%v", err)
			}
			fits(t, at+"."+property.Name, property.Schema, member)
		}
		if decoder.More() {
			t.Fatalf("%s has more members: %s", at, value)
		}
	case kind == "array":
		var elements []json.RawMessage
		if err := json.Unmarshal(value, &elements); err != nil {
			t.Fatalf("%v", err)
		}
		for _, element := range elements {
			fits(t, at+"[]", *described.Items, element)
		}
	}
}

func TestSchema(t *testing.T) {
	table, err := schema.Default().Select(schema.Selection{Exclude: []string{"users", "contact.full_name", "contact.email"}})
	if err != nil {
		t.Fatal(err)
	}
	for types, times := range map[rowjson.Types]string{
		rowjson.Plain:   `{"type":["null","string"],"format":"date-time","description":"D"}`,
		rowjson.Airbyte: `{"type":["null","string"],"format":"date-time","airbyte_type":"timestamp_with_timezone","description":"D"}`,
	} {
		got := map[string]string{}
		for _, property := range rowjson.SchemaOf(table, types).Properties {
			body, err := json.Marshal(property.Schema)
			if err != nil {
				t.Fatal(err)
			}
			got[property.Name] = regexp.MustCompile(`"description":"[^"]*"`).ReplaceAllString(string(body), `"description":"D"`)
		}
		for name, want := range map[string]string{
			"id":           `{"type":["string"],"description":"D"}`,
			"created_at":   times,
			"have_replies": `{"type":["null","boolean"],"description":"D"}`,
			"channels":     `{"type":["null","array"],"description":"D","items":{"type":["null","string"],"description":"D"}}`,
			"contact":      `{"type":["null","object"],"description":"D","properties":{"id":{"type":["null","string"],"description":"D"}}}`,
			"extra":        `{"type":["null","object"],"description":"D","additionalProperties":true}`,
			"users":        "",
		} {
			if got[name] != want {
				t.Errorf("%s is %s, want %s", name, got[name], want)
			}
		}
	}
}

func BenchmarkRows(b *testing.B) {
	const size = 1000
	table := schema.Default()
	rec := recordtest.Alike(table, size)
	defer rec.Release()
	rows, err := rowjson.Of(table, rec)
	if err != nil {
		b.Fatal(err)
	}
	var line []byte
	for b.Loop() {
		for row := range size {
			line = rows.Append(line[:0], row)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/size, "ns/row")
}
