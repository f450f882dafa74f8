package decode

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

// decodeSlow decodes a response by the slow path alone. It finds the rows with
// encoding/json, and does not look at the pagination.
func decodeSlow(d *Decoder, body []byte) (Page, error) {
	rows, teamID, err := sentRows(d.table, body)
	if err != nil {
		return Page{}, err
	}
	for _, row := range rows {
		if reason := d.rows.appendSlow(row, origin{fetchedAt: fetched.UnixMicro(), teamID: []byte(teamID)}); reason != "" {
			return Page{}, errors.New(reason)
		}
	}
	return Page{Record: d.Take(), UnknownFields: d.anomalies.take()}, nil
}

// checkAgainstSlowPath compares a page with the result of the slow path.
func checkAgainstSlowPath(table *schema.Table, page Page, body []byte) error {
	slow, err := decodeSlow(NewDecoder(table, memory.DefaultAllocator), body)
	if err != nil {
		return err
	}
	defer slow.Record.Release()
	if !array.RecordEqual(slow.Record, page.Record) {
		return fmt.Errorf("records differ\ncareful: %v\nfast: %v", slow.Record, page.Record)
	}
	ofRows := slices.DeleteFunc(slices.Clone(page.UnknownFields), func(field string) bool { return strings.HasPrefix(field, "envelope: ") })
	if diff := cmp.Diff(slow.UnknownFields, ofRows, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("unknown fields differ (-slow +fast):\n%s", diff)
	}
	return nil
}

func TestBothPathsGiveTheSameRows(t *testing.T) {
	for _, table := range schema.Tables() {
		decoder := NewDecoder(table, memory.DefaultAllocator)
		t.Run(table.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				rows := make([]string, rapid.IntRange(1, 4).Draw(t, "rows"))
				for i := range rows {
					rows[i] = drawRow(t, table, i)
				}
				body := bodyOf(table, rows...)
				page, err := decoder.Decode(body, fetched)
				if err != nil {
					t.Fatal(err)
				}
				defer page.Record.Release()
				if err := checkAgainstSlowPath(table, page, body); err != nil {
					t.Fatalf("%v\nrows %q", err, rows)
				}
			})
		})
	}
}

// Both paths give the same row. The test checks which one decodes it, because the fast
// path has to take most rows, and the tests above have to reach both paths.
func TestRowsOfTheFastPath(t *testing.T) {
	for _, test := range []struct {
		members string
		fast    bool
	}{
		{``, true},
		{` , "teamId" : "tea_1" , "users" : [ { "userId" : "usr_1" } , { } ] `, true},
		{`,"contactId":"c", "teamId":"t","channels":[null,"email"],"users":null,"contact":null`, true},
		{`,"lastSentSubject":"é 😀 \u00e9 \n\/ \ud83d\ude00"`, true},
		{`,"createdAt":"2024-12-17T09:42:32.971Z","opportunities":[{"done":null},{}]`, true},
		{`,"x":[ 1.50 ],"a/b":{},"é":{"$binary":1},"users":[{"role":"x"},{"role":"\ud800"}],"contact":{"x":null}`, true},
		{`,"x":` + "\"\xff\"", true},
		{`,"contact":{"email":null,"":null},"":null`, true},
		{`,"contact":{"_id":"c"},"createdBy":"c","createdBy ":"d"`, true},
		{`,"teamId":1`, false},
		{`,"users":[1]`, false},
		{`,"teamId":"a","teamId":"a"`, false},
		{`,"contact":{"email":"a","email":"a"}`, false},
		{`,"x":1,"x":1`, false},
		{`,"users":[{"x":1,"x":1}]`, false},
		{`,"team\u0049d":"a"`, false},
		{`,"x\u0049":"a"`, false},
		{",\"\xff\":1", false},
		{",\"teamId\":\"\xff\"", false},
		{`,"teamId":"\ud800"`, false},
		{`,"createdAt":"2024-12-17"`, false},
		{`,"createdAt":"2024-12-17T09:42:32+01:00"`, false},
		{`,"createdAt":"2024-12-17T09:42:32\u005A"`, false},
		{`,"_id":"a"`, false},
		{`,"haveReplies":1`, false},
	} {
		d := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
		idLast := `{"contact":{"_id":"c"},"_id":"ibx_2"}`
		if d.rows.appendFast([]byte(idLast), 0, origin{fetchedAt: fetched.UnixMicro()}) != len(idLast) {
			t.Fatal("a key of the contact is taken for one of the row")
		}
		d.Take().Release()
		first, row := `{"_id":"ibx_0","users":[{"userId":"usr_0"}],"x":0}`, `{"_id":"ibx_1"`+test.members+`}`
		if d.rows.appendFast([]byte(first), 0, origin{fetchedAt: fetched.UnixMicro()}) < 0 {
			t.Fatal("the first row is left to the slow path")
		}
		size := d.Size()
		switch end := d.rows.appendFast([]byte(row+"  "), 0, origin{fetchedAt: fetched.UnixMicro()}); {
		case test.fast && end != len(row):
			t.Errorf("left to the slow path: %s", row)
		case !test.fast && (end != -1 || d.rows.row.len() != 1 || d.Size() != size):
			t.Errorf("taken, or not undone: %s", row)
		}
		body := pageOf(row, first)
		if err := checkAgainstSlowPath(schema.InboxConversations(), mustDecode(t, body), body); err != nil {
			t.Errorf("%v\n%s", err, row)
		}
	}
}

func TestManyUnknownKeysAreLeftToTheSlowPath(t *testing.T) {
	row := `{"_id":"ibx_1"`
	for i := range 3 * maxUnknownKeys {
		row += fmt.Sprintf(`,"key%d":%d`, i, i)
	}
	body := pageOf(row+"}", row+"}")
	page := mustDecode(t, body)
	if len(page.UnknownFields) != 3*maxUnknownKeys {
		t.Errorf("%d unknown fields", len(page.UnknownFields))
	}
	if err := checkAgainstSlowPath(schema.InboxConversations(), page, body); err != nil {
		t.Error(err)
	}
}

// Responses of the simulated API, with most of what the real one does.
func TestBothPathsGiveTheSameSimulatedRows(t *testing.T) {
	for _, table := range schema.Tables() {
		for _, body := range examples(t, table) {
			if err := checkAgainstSlowPath(table, mustDecodeOf(t, table, body), body); err != nil {
				t.Errorf("%s: %v", table.Name, err)
			}
		}
	}
}
