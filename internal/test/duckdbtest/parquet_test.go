package duckdbtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

var update = flag.Bool("update", false, "write the golden files")

const manifest = `{"manifest_version":1,"run_id":"4f9c","simulated":true}`

// conversations are rows in the JSON form of Arrow, newest first, with absent values at
// every level, empty lists, and text that is not ASCII.
var conversations = []string{
	`{"id":"ibx_A","team_id":"tea_1","contact_id":"ctc_1","created_by":"act_1","created_at":"2025-01-02 03:04:05.006","last_activity_at":"2026-02-03 04:05:06.789",
	  "have_replies":true,"last_replied_at":"2026-02-03 04:05:06.789","last_replied_channel":"email","is_your_turn":false,"last_sent_at":"2026-02-01 00:00:00",
	  "last_sent_subject":"Hello 🦄","last_sent_message_preview":"שלום עליכם","last_replied_subject":"","last_replied_message_preview":"It's \"quoted\"\nand two lines",
	  "channels":["email","linkedin"],"users":[{"user_id":"usr_1","sender":true,"read":false},{"user_id":"usr_2","sender":null,"read":true}],
	  "opportunities":[{"id":"opp_1","type":"manual","done":false}],"contact":{"id":"ctc_1","full_name":"Ada Lovelace","email":"ada@example.com"},
	  "extra":"{\"someNewField\": 1, \"/users/1/foo\": [12345678901234567890]}","fetched_at":"2026-02-04 00:00:00.000001"}`,
	`{"id":"ibx_B","team_id":"tea_1","last_activity_at":"1969-12-31 23:59:59.999999","channels":[],"users":[],"opportunities":[null],
	  "contact":{"id":"ctc_2"},"fetched_at":"2026-02-04 00:00:00"}`,
	`{"id":"ibx_C","channels":[null,"sms"],"users":[{"user_id":null,"sender":null,"read":null}],"contact":{},"fetched_at":"2026-02-04 00:00:00"}`,
	`{"id":"ibx_D","fetched_at":"2026-02-04 00:00:00"}`,
}

// write writes records into a Parquet file and returns its path.
func write(t *testing.T, records ...arrow.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "inbox_conversations.parquet")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sink, err := parquet.Format{Version: "1.2.3"}.Create(file, schema.InboxConversations(), exporter.Export{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records {
		if err := sink.Write(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Finish([]byte(manifest)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample returns the conversations as a record.
func sample(t *testing.T) arrow.Record {
	t.Helper()
	table := schema.InboxConversations().Arrow()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, table, strings.NewReader("["+strings.Join(conversations, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// many returns n rows that differ in id and time, newest first.
func many(n int) arrow.Record {
	table := schema.InboxConversations()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range n {
		for i, column := range table.Columns {
			switch to := builder.Field(i).(type) {
			case *array.StringBuilder:
				if column.Required {
					to.Append(fmt.Sprintf("ibx_%06d", row))
				} else {
					to.Append(fmt.Sprintf("%s %d", column.Name, row%5))
				}
			case *array.TimestampBuilder:
				to.Append(arrow.Timestamp(1_750_000_000_000_000 - int64(row)*1_000_003))
			default:
				to.AppendNull()
			}
		}
	}
	return builder.NewRecord()
}

func golden(t *testing.T, name string, rows [][]string) {
	t.Helper()
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(strings.Join(row, " | ") + "\n")
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, &text, want)
	}
}

func TestDuckDBSeesTheTypesOfTheTable(t *testing.T) {
	db, path := openDuckDB(t), write(t, sample(t))
	golden(t, "describe.golden", query(t, db, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+from(path)+")"))
}

func TestDuckDBSeesTheSchemaOfTheFile(t *testing.T) {
	db, path := openDuckDB(t), write(t, sample(t))
	golden(t, "parquet_schema.golden", query(t, db, "SELECT name, type, repetition_type, num_children, field_id, logical_type FROM parquet_schema('"+path+"')"))
}

func TestDuckDBReadsEveryValue(t *testing.T) {
	rec := sample(t)
	compareAll(t, t, openDuckDB(t), write(t, rec), rec, false)
}

// arrowValue returns a cell in the form that parse returns.
func arrowValue(t *testing.T, column arrow.Array, row int) any {
	t.Helper()
	if times, ok := column.(*array.Timestamp); ok && times.IsValid(row) {
		return parse(t, fmt.Sprint(int64(times.Value(row))))
	}
	text, err := json.Marshal(column.GetOneForMarshal(row))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func parse(t *testing.T, text string) any {
	t.Helper()
	if text == null {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestDuckDBDistinguishesNullFromEmpty(t *testing.T) {
	db, path := openDuckDB(t), write(t, sample(t))
	got := query(t, db, "SELECT id, channels IS NULL, len(channels), users IS NULL, len(users), contact IS NULL, contact.id FROM "+from(path)+" ORDER BY id")
	want := [][]string{
		{"ibx_A", "false", "2", "false", "2", "false", "ctc_1"},
		{"ibx_B", "false", "0", "false", "0", "false", "ctc_2"},
		{"ibx_C", "false", "2", "false", "1", "false", null},
		{"ibx_D", "true", null, "true", null, "true", null},
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("row %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestDuckDBUnnestsLists(t *testing.T) {
	db, path := openDuckDB(t), write(t, sample(t))
	got := query(t, db, "SELECT id, u.user_id, u.read FROM (SELECT id, unnest(users) AS u FROM "+from(path)+") ORDER BY ALL")
	want := [][]string{{"ibx_A", "usr_1", "false"}, {"ibx_A", "usr_2", "true"}, {"ibx_C", null, null}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := one(t, db, "SELECT extra->>'someNewField' FROM "+from(path)+" WHERE id = 'ibx_A'"); got != "1" {
		t.Errorf("a field of extra is %q", got)
	}
}

func TestDuckDBReadsAnEmptyExport(t *testing.T) {
	db, path := openDuckDB(t), write(t)
	if got := one(t, db, "SELECT count(*) FROM "+from(path)); got != "0" {
		t.Errorf("%s rows", got)
	}
	golden(t, "describe.golden", query(t, db, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM "+from(path)+")"))
}

func TestDuckDBFindsIDsThroughTheBloomFilter(t *testing.T) {
	const rows = parquet.RowGroupRows + 20_000
	db, path := openDuckDB(t), write(t, many(rows))
	if got := one(t, db, "SELECT count(*) FROM "+from(path)); got != fmt.Sprint(rows) {
		t.Errorf("%s rows", got)
	}
	groups := query(t, db, "SELECT row_group_num_rows FROM parquet_metadata('"+path+"') WHERE path_in_schema = 'id' AND bloom_filter_offset > 0 ORDER BY row_group_id")
	if fmt.Sprint(groups) != "[[50000] [20000]]" {
		t.Errorf("row groups with a bloom filter: %v", groups)
	}
	for id, want := range map[string]string{"ibx_000000": "1", "ibx_049999": "1", "ibx_050000": "1", "ibx_069999": "1", "ibx_070000": "0", "ibx_": "0"} {
		if got := one(t, db, "SELECT count(*) FROM "+from(path)+" WHERE id = ?", id); got != want {
			t.Errorf("%s is found %s times", id, got)
		}
	}
	for id, want := range map[string]string{"ibx_049999": "[[0 false] [1 true]]", "ibx_050000": "[[0 true] [1 false]]", "ibx_absent": "[[0 true] [1 true]]"} {
		got := query(t, db, "SELECT row_group_id, bloom_filter_excludes FROM parquet_bloom_probe('"+path+"', 'id', '"+id+"') ORDER BY ALL")
		if fmt.Sprint(got) != want {
			t.Errorf("row groups that exclude %s: %v", id, got)
		}
	}
	if got := one(t, db, "SELECT count(DISTINCT id) FROM "+from(path)); got != fmt.Sprint(rows) {
		t.Errorf("%s distinct ids", got)
	}
	if got := one(t, db, "SELECT count(*) FROM "+from(path)+" WHERE last_activity_at > make_timestamptz(1750000000000000 - 500 * 1000003)"); got != "500" {
		t.Errorf("a time range: %s rows", got)
	}
	if got := one(t, db, "SELECT count(*) FROM "+from(path)+" WHERE last_sent_subject = 'last_sent_subject 3'"); got != fmt.Sprint(rows/5) {
		t.Errorf("a text without statistics: %s rows", got)
	}
}
