package decode

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

var hashKey = []byte("a key for tests that is long")

func mustMask(t interface{ Fatal(...any) }, s schema.Selection) *schema.Mask {
	return mustMaskOf(t, schema.InboxConversations(), s)
}

func mustMaskOf(t interface{ Fatal(...any) }, table *schema.Table, s schema.Selection) *schema.Mask {
	mask, err := schema.NewMask(table, s, hashKey)
	if err != nil {
		t.Fatal(err)
	}
	return mask
}

// maskedRows decodes rows of conversations and masks them.
func maskedRows(t interface{ Fatal(...any) }, mask *schema.Mask, rows ...string) arrow.Record {
	return maskedRowsOf(t, schema.InboxConversations(), mask, rows...)
}

func maskedRowsOf(t interface{ Fatal(...any) }, table *schema.Table, mask *schema.Mask, rows ...string) arrow.Record {
	page, err := NewDecoder(table, memory.NewGoAllocator()).Decode(bodyOf(table, rows...), fetched)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Record.Release()
	rec, err := mask.Apply(page.Record)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func hashed(text string) string {
	mac := hmac.New(sha256.New, hashKey)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestMaskLeavesOutAndHashes(t *testing.T) {
	mask := mustMask(t, schema.Selection{
		Exclude: []string{"contact.full_name", "last_sent_subject", "users.read"},
		Hash:    []string{"contact.email", "users.user_id", "channels", "created_by"},
	})
	rec := maskedRows(t, mask,
		`{"_id":"ibx_1","createdBy":"usr_1","lastSentSubject":"Hi Ada","channels":["email",null],"users":[{"userId":"usr_1","read":true,"sender":false},null],
		  "contact":{"_id":"ctc_1","fullName":"Ada","email":"ada@example.com"}}`,
		`{"_id":"ibx_2","contact":{"_id":"ctc_2","email":""},"users":[]}`,
		`{"_id":"ibx_3"}`)
	want := []map[string]any{
		{
			"id": "ibx_1", "created_by": hashed("usr_1"), "channels": []any{hashed("email"), nil},
			"users":   []any{map[string]any{"user_id": hashed("usr_1"), "sender": false}, nil},
			"contact": map[string]any{"id": "ctc_1", "email": hashed("ada@example.com")},
		},
		{"id": "ibx_2", "users": []any{}, "contact": map[string]any{"id": "ctc_2", "email": hashed("")}},
		{"id": "ibx_3"},
	}
	for i := range want {
		got := rowOf(rec, i)
		delete(got, "fetched_at")
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
	}
	if _, ok := mask.Table.Find("last_sent_subject"); ok || rec.Schema() != mask.Table.Arrow() {
		t.Error("the record is not of the selected table")
	}
}

func TestExtraLosesWhatBelongsToMaskedColumns(t *testing.T) {
	for name, test := range map[string]struct{ path, row, want string }{
		"another type":                   {"contact.email", `"contact":{"email":{"a":"S"}},"x":1`, `{"x":1}`},
		"more than once":                 {"contact.email", `"contact":{"email":"S","email":"T"},"x":[2]`, `{"x":[2]}`},
		"not Unicode":                    {"contact.email", `"contact":{"email":"S\ud800"}`, ``},
		"in what holds it":               {"contact.email", `"contact":"Ada <S>","y":{"z":1}`, `{"y":{"z":1}}`},
		"in what holds it, twice":        {"contact.email", `"contact":{"email":"S"},"contact":{}`, ``},
		"inside what is left out":        {"contact", `"contact":{"unknown":"S","email":"S"}`, ``},
		"in a list":                      {"users.user_id", `"users":[{"userId":7},{"userId":"a","unknown":1}]`, `{"/users/1/unknown":1}`},
		"an element of a list":           {"users.user_id", `"users":["S"]`, ``},
		"a list that is none":            {"users.user_id", `"users":"S"`, ``},
		"a time that is finer":           {"created_at", `"createdAt":"2024-12-17T09:42:32.1234567Z","x":0.10`, `{"x":0.10}`},
		"another column":                 {"contact.email", `"createdAt":"S"`, `{"createdAt":"S"}`},
		"an unknown key beside":          {"contact.email", `"contact":{"emails":["T"]}`, `{"/contact/emails":["T"]}`},
		"a key that looks like its path": {"contact.email", `"/contact/email":"T","contact.email":"T"`, `{"/~1contact~1email":"T","contact.email":"T"}`},
		"a key of the same name":         {"contact.email", `"email":"T"`, `{"email":"T"}`},
		"a literal":                      {"contact", `"contact":[{"$binary":1}],"x":{"$binary":1}`, `{"x":{"$literal":{"$binary":1}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			rec := maskedRows(t, mustMask(t, schema.Selection{Exclude: []string{test.path}}), `{"_id":"ibx_1",`+test.row+`}`)
			_, at, _ := mustMask(t, schema.Selection{Exclude: []string{test.path}}).Table.Column("extra")
			if got := rec.Column(at).(*array.String).Value(0); got != test.want || (got == "") != rec.Column(at).IsNull(0) {
				t.Errorf("extra is %s instead of %s", got, test.want)
			}
		})
	}
}

// Excluded columns have no influence on the result: two rows that differ only in such a
// column are equal afterwards, whatever the API sent there.
func TestExcludedColumnsLeaveNoTrace(t *testing.T) {
	for _, table := range schema.Tables() {
		t.Run(table.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { checkExcluded(t, table) })
		})
	}
}

func checkExcluded(t *rapid.T, table *schema.Table) {
	var names []string
	for _, name := range table.Names() {
		if column, _ := table.Find(name); table.MayExclude(name) == nil && column.Key != "" {
			names = append(names, name)
		}
	}
	key, _, _ := table.ByRole(schema.RoleKey)
	name := rapid.SampledFrom(names).Draw(t, "column")
	column, _ := table.Find(name)
	around := rapid.SampledFrom([]string{"", `,"x":1`, `,"zz":{"email":"T"}`}).Draw(t, "around")
	before, after := drawPlace(t, column), drawPlace(t, column)
	rows := make([]string, 2)
	for i, inside := range []string{before, after} {
		rows[i] = `{"` + key.Key + `":"id_1",` + inside + around + `}`
	}
	mask := mustMaskOf(t, table, schema.Selection{Exclude: []string{name}})
	a, b := maskedRowsOf(t, table, mask, rows[0]), maskedRowsOf(t, table, mask, rows[1])
	if !array.RecordEqual(a, b) {
		t.Fatalf("%s leaves a trace:\n%s\n%v\n%s\n%v", name, rows[0], a, rows[1], b)
	}
}

// No member of `extra` is a value of the envelope: a key of a user with the same name stays.
func TestTheTeamIsExcludedAndHashedLikeAColumn(t *testing.T) {
	table := schema.TeamUsers()
	const user = `{"userId":"usr_1","_id":"x","envelope: _id":1}`
	for _, test := range []struct {
		selection schema.Selection
		want      any
	}{
		{schema.Selection{Exclude: []string{"team_id"}}, nil},
		{schema.Selection{Hash: []string{"team_id"}}, hashed("tea_1")},
	} {
		rec := maskedRowsOf(t, table, mustMaskOf(t, table, test.selection), user)
		row := rowOf(rec, 0)
		if row["team_id"] != test.want || row["extra"] != `{"_id":"x","envelope: _id":1}` {
			t.Errorf("%+v: %v", test.selection, row)
		}
	}
}

// drawPlace draws the member that holds a column: its place is fixed, its value is any
// value, or two of them.
func drawPlace(t *rapid.T, column schema.Column) string {
	parts := strings.Split(column.Path, ".")
	last := parts[len(parts)-1]
	member := fmt.Sprintf("%q:%s", last, irregular.value(t, column))
	if rapid.IntRange(0, 2).Draw(t, "twice") == 0 {
		member += fmt.Sprintf(",%q:%s", last, irregular.any(t, 2))
	}
	for _, part := range slices.Backward(parts[:len(parts)-1]) {
		if list, ok := strings.CutSuffix(part, "[]"); ok {
			member = fmt.Sprintf("%q:[{%s},{}]", list, member)
		} else {
			member = fmt.Sprintf("%q:{%s}", part, member)
		}
	}
	return member
}
