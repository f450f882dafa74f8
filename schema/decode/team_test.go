package decode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/schema"
)

// usersOf decodes a team and returns its rows as JSON, without fetched_at.
func usersOf(t *testing.T, body string) (rows, unknown []string) {
	t.Helper()
	page := mustDecodeOf(t, schema.TeamUsers(), []byte(body))
	for i := range int(page.Record.NumRows()) {
		row := rowOf(page.Record, i)
		delete(row, "fetched_at")
		rows = append(rows, compact(t, row))
	}
	return rows, page.UnknownFields
}

func TestTeamIsTheUnionOfBothLists(t *testing.T) {
	for _, test := range []struct {
		rule, body string
		rows       []string
		unknown    []string
	}{
		{"a user of both lists is one row, one known by the id has nothing else",
			`{"_id":"tea_1","userIds":["usr_1","usr_2","usr_3"],"users":[{"userId":"usr_3","name":"Ada","email":"ada@example.com","role":"admin"},{"userId":"usr_1","name":null}]}`,
			[]string{
				`{"email":"ada@example.com","id":"usr_3","name":"Ada","role":"admin","team_id":"tea_1"}`,
				`{"id":"usr_1","team_id":"tea_1"}`,
				`{"id":"usr_2","team_id":"tea_1"}`,
			}, nil},
		{"the order of the keys does not count", `{"users":[{"userId":"usr_1"}],"userIds":["usr_2"],"_id":"tea_1"}`,
			[]string{`{"id":"usr_1","team_id":"tea_1"}`, `{"id":"usr_2","team_id":"tea_1"}`}, nil},
		{"one list is enough", `{"_id":"tea_1","userIds":["usr_1"]}`, []string{`{"id":"usr_1","team_id":"tea_1"}`}, nil},
		{"a list may be null", `{"_id":"tea_1","userIds":null,"users":[{"userId":"usr_1"}]}`, []string{`{"id":"usr_1","team_id":"tea_1"}`}, nil},
		{"escaped ids and keys are the same", `{"\u005fid":"tea\u005f1","userIds":["usr\u005f1","usr_1"],"users":[{"user\u0049d":"usr_1"}]}`,
			[]string{`{"id":"usr_1","team_id":"tea_1"}`}, nil},
		{"two objects with one id are two rows", `{"_id":"tea_1","users":[{"userId":"usr_1","name":"a"},{"userId":"usr_1","name":"b"}]}`,
			[]string{`{"id":"usr_1","name":"a","team_id":"tea_1"}`, `{"id":"usr_1","name":"b","team_id":"tea_1"}`}, nil},
		{"extra and the unknown fields are those of users", `{"_id":"tea_1","new":1,"users":[{"userId":"usr_1","name":7,"phone":[ 1 ],"_id":"x"}],"newer":{"a":1}}`,
			[]string{`{"extra":"{\"name\":7,\"phone\":[1],\"_id\":\"x\"}","id":"usr_1","team_id":"tea_1"}`},
			[]string{"_id", "name (number)", "phone"}},
		{"an id that is not Unicode keeps its bytes", "{\"_id\":\"tea_1\",\"userIds\":[\"u\xff\"]}",
			[]string{"{\"extra\":\"{\\\"userId\\\":{\\\"$binary\\\":{\\\"base64\\\":\\\"df8=\\\",\\\"subType\\\":\\\"00\\\"}}}\",\"id\":\"u\uFFFD\",\"team_id\":\"tea_1\"}"},
			[]string{"userId (not Unicode)"}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			rows, unknown := usersOf(t, test.body)
			if diff := cmp.Diff(test.rows, rows); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.unknown, unknown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The answer as older versions of the API gave it, with a secret at every place around
// the users: in values, in names, nested, in keys that come twice, beside broken users.
func TestNothingOfATeamButItsIDIsKept(t *testing.T) {
	const around = `"apiKey":"S3CRET","billing":{"card":"S3CRET","S3CRET":1},"hooks":[{"_id":"hoo_1","targetUrl":"https://hooks.example.com/S3CRET"}],` +
		`"slackWebhook":{"url":"https://hooks.slack.example.com/S3CRET"},"S3CRET":"S3CRET","S3CRET":2,"name":"S3CRET","invitedUsers":["S3CRET"],"\u0053":"S3CRET\ud800"`
	decoder := NewDecoder(schema.TeamUsers(), memory.DefaultAllocator)
	for _, test := range []struct {
		body string
		rows int64 // 0 is an error
	}{
		{`{` + around + `,"_id":"tea_1","userIds":["usr_1","usr_2"],"users":[{"userId":"usr_2","x":1}],` + around + `}`, 2},
		{`{` + around + `}`, 0},
		{`{` + around + `,"_id":{"S3CRET":1},"userIds":["usr_1"]}`, 0},
		{`{` + around + `,"_id":"tea_1"}`, 0},
		{`{` + around + `,"_id":"tea_1","userIds":{"S3CRET":1}}`, 0},
		{`{` + around + `,"_id":"tea_1","userIds":[["S3CRET"]]}`, 0},
		{`{` + around + `,"_id":"tea_1","userIds":"S3CRET","userIds":1}`, 0},
		{`{` + around + `,"_id":"tea_1","users":[{"S3CRET":1}]}`, 0},
		{`{` + around + `,"_id":"tea_1","users":["S3CRET"]}`, 0},
		{`{` + around + `,"_id":"tea_1","userIds":["usr_1"]}S3CRET`, 0},
		{`{` + around + `,S3CRET`, 0},
		{`{` + around, 0},
		{`[{` + around + `}]`, 0},
		{`"S3CRET"`, 0},
		{`<html>S3CRET`, 0},
	} {
		page, err := decoder.Decode([]byte(test.body), fetched)
		if (err == nil) != (test.rows > 0) {
			t.Errorf("%v\nof %s", err, test.body)
		}
		if err != nil {
			if strings.Contains(err.Error(), "S3CRET") {
				t.Errorf("the error quotes the answer: %v", err)
			}
			continue
		}
		if got := fmt.Sprint(page.Record, page.UnknownFields); strings.Contains(got, "S3CRET") || page.Record.NumRows() != test.rows {
			t.Errorf("a part of the answer is kept:\n%s", got)
		}
		if !slices.Equal(page.UnknownFields, []string{"x"}) {
			t.Errorf("unknown: %q", page.UnknownFields)
		}
		page.Record.Release()
	}
}

func TestABrokenListIsAnErrorAndNeverAnEmptyTable(t *testing.T) {
	labels, users := schema.InboxLabels(), schema.TeamUsers()
	manyUsers := func(n int) string {
		return `{"_id":"tea_1","users":[{"userId":"a"}],"userIds":["b"` + strings.Repeat(`,"b"`, n-2) + `]}`
	}
	for _, test := range []struct {
		rule   string
		table  *schema.Table
		body   string
		reason string // "" is no error
	}{
		{"no body", labels, "", "not a list of inbox_labels: empty body (at byte 0)"},
		{"HTML", labels, " <html></html>", "not a list of inbox_labels: HTML instead of JSON (at byte 1)"},
		{"an empty object", labels, "{}", "not a list of inbox_labels: not a JSON array (at byte 0)"},
		{"an error object", labels, `{"error":"nope"}`, "not a list of inbox_labels: not a JSON array (at byte 0)"},
		{"null", labels, "null", "not a list of inbox_labels: not a JSON array (at byte 0)"},
		{"cut off", labels, `[{"_id":"a"}`, "not a list of inbox_labels: the JSON is cut off (at byte 12)"},
		{"malformed", labels, `[{"_id":"a"},]`, "not a list of inbox_labels: malformed JSON (at byte 13)"},
		{"two arrays", labels, `[][]`, "not a list of inbox_labels: something follows the JSON array (at byte 2)"},
		{"a row that is a text", labels, `[{"_id":"a"},"b"]`, "not a list of inbox_labels: [1] is not an object but of type string (at byte 16)"},
		{"a row without an id", labels, `[{"id":"a"}]`, "not a list of inbox_labels: [0] has no _id that is a non-empty string (at byte 11)"},
		{"a long id", labels, `[{"_id":"` + strings.Repeat("x", 4095) + `"}]`, "not a list of inbox_labels: [0] has a _id of more than 4,096 bytes (at byte 4106)"},
		{"a team without labels", labels, "\xEF\xBB\xBF [ ] ", ""},

		{"HTML", users, "\xEF\xBB\xBF<html></html>", "not a team: HTML instead of JSON (at byte 3)"},
		{"an array", users, `[{"userId":"a"}]`, "not a team: not a JSON object (at byte 0)"},
		{"an empty object", users, `{}`, "not a team: it has no _id that is a non-empty string (at byte 0)"},
		{"an id that is a number", users, `{"_id":1,"userIds":["a"]}`, "not a team: it has no _id that is a non-empty string (at byte 7)"},
		{"an empty id", users, `{"_id":"","userIds":["a"]}`, "not a team: it has no _id that is a non-empty string (at byte 7)"},
		{"an id that is not Unicode", users, `{"_id":"\ud800","userIds":["a"]}`, "not a team: it has an _id that is not Unicode (at byte 15)"},
		{"the longest id", users, `{"_id":"` + strings.Repeat("x", 198) + `","userIds":["a"]}`, ""},
		{"a long id", users, `{"_id":"` + strings.Repeat("x", 199) + `","userIds":["a"]}`, "not a team: it has an _id of more than 200 bytes (at byte 208)"},
		{"two ids", users, `{"_id":"a","_id":"a","userIds":["a"]}`, "not a team: _id comes twice (at byte 16)"},
		{"two lists", users, `{"_id":"a","users":[],"us\u0065rs":[{"userId":"a"}]}`, "not a team: users comes twice (at byte 34)"},
		{"no lists", users, `{"_id":"a"}`, "not a team: it has no users (at byte 11)"},
		{"empty lists", users, `{"_id":"a","users":[],"userIds":null}`, "not a team: it has no users (at byte 37)"},
		{"users that are not a list", users, `{"_id":"a","users":{},"userIds":["a"]}`, "not a team: users is not an array but of type object (at byte 21)"},
		{"ids that are not a list", users, `{"_id":"a","userIds":"a"}`, "not a team: userIds is not an array but of type string (at byte 24)"},
		{"an id that is null", users, `{"_id":"a","userIds":["a",null]}`, "not a team: userIds[1] is not a non-empty string (at byte 30)"},
		{"an id that is empty", users, `{"_id":"a","userIds":[""]}`, "not a team: userIds[0] is not a non-empty string (at byte 24)"},
		{"an id that is long", users, `{"_id":"a","userIds":["` + strings.Repeat("x", 4095) + `"]}`, "not a team: userIds[0] has a userId of more than 4,096 bytes (at byte 4119)"},
		{"a user without an id", users, `{"_id":"a","userIds":["a"],"users":[{"_id":"a"}]}`, "not a team: users[0] has no userId that is a non-empty string (at byte 47)"},
		{"a user that is null", users, `{"_id":"a","userIds":["a"],"users":[null]}`, "not a team: users[0] is not an object but of type null (at byte 40)"},
		{"cut off", users, `{"_id":"a","userIds":["a"],"x":[1`, "not a team: the JSON is cut off (at byte 33)"},
		{"malformed after the lists", users, `{"_id":"a","userIds":["a"],"x":01}`, "not a team: malformed JSON (at byte 32)"},
		{"two teams", users, `{"_id":"a","userIds":["a"]}{}`, "not a team: something follows the JSON object (at byte 27)"},
		{"as many users as there may be", users, manyUsers(maxUsers), ""},
		{"more users", users, manyUsers(maxUsers + 1), "not a team: more than 1,000,000 users (at byte 50)"},
	} {
		t.Run(test.table.Name+", "+test.rule, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			page, err := NewDecoder(test.table, mem).Decode([]byte(test.body), fetched)
			if err == nil {
				page.Record.Release()
				err = fmt.Errorf("")
			}
			if err.Error() != test.reason {
				t.Errorf("\n got %s\nwant %s", err, test.reason)
			}
		})
	}
}

func TestALabelDecodesToItsValues(t *testing.T) {
	page := mustDecodeOf(t, schema.InboxLabels(), []byte(`[
		{"_id":"lbl_1","name":"Hot","color":"#FF0000","createdAt":"2026-01-02T03:04:05.678Z","createdBy":"ada@example.com"},
		{"_id":"lbl_2","name":"","color":"#00FF00","createdAt":null,"createdBy":null},
		{"_id":"lbl_3","color":7,"createdAt":1734428552,"icon":"star"}]`))
	want := []string{
		`{"color":"#FF0000","created_at":"2026-01-02T03:04:05.678Z","created_by":"ada@example.com","id":"lbl_1","name":"Hot"}`,
		`{"color":"#00FF00","id":"lbl_2","name":""}`,
		`{"created_at":"2024-12-17T09:42:32Z","extra":"{\"color\":7,\"createdAt\":1734428552,\"icon\":\"star\"}","id":"lbl_3"}`,
	}
	for i := range want {
		row := rowOf(page.Record, i)
		delete(row, "fetched_at")
		if got := compact(t, row); got != want[i] {
			t.Errorf("row %d\n got %s\nwant %s", i, got, want[i])
		}
	}
	if unknown := []string{"color (number)", "createdAt (epoch seconds)", "icon"}; !slices.Equal(page.UnknownFields, unknown) {
		t.Errorf("unknown: %q, want %q", page.UnknownFields, unknown)
	}
	if diff := cmp.Diff(Pagination{}, page.Pagination); diff != "" {
		t.Error(diff)
	}
}
