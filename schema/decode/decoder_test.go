package decode

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/schema"
)

func TestDocumentedResponseDecodesToItsValues(t *testing.T) {
	body, err := os.ReadFile("../../testdata/get-many-inboxes.json")
	if err != nil {
		t.Fatal(err)
	}
	page := mustDecode(t, body)

	at := func(text string) time.Time {
		instant, err := time.Parse("2006-01-02 15:04:05.000", text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	user := func(id string, read bool) map[string]any {
		return map[string]any{"user_id": id, "sender": true, "read": read}
	}
	row := func(id, by, contact, created, active, replied string, read bool, name any, email string) map[string]any {
		return map[string]any{
			"id": id, "team_id": "tea_8QvkOiBfPdb2ZRhHi", "contact_id": contact, "created_by": by,
			"created_at": at(created), "last_activity_at": at(active), "have_replies": true,
			"last_replied_at": at(replied), "last_replied_channel": "email", "channels": []any{"email"},
			"users":         []any{user("usr_xtJHBMYJSOHzI3ZFb", read), user("usr_bcPQCObkKptmHw2Rp", true)},
			"opportunities": []any{},
			"contact":       map[string]any{"id": contact, "full_name": name, "email": email},
			"fetched_at":    time.Date(2026, 3, 4, 7, 15, 30, 123456000, time.UTC),
		}
	}
	want := []map[string]any{
		row("ibx_RsROKFC3gmowgc74P", "act_gKmkJOLCfUl4TkhIl", "ctc_Ds0IaxECSACsbLMzA",
			"2024-12-03 09:52:55.466", "2024-12-17 09:42:32.971", "2024-12-03 10:12:20.620", true, "Alex", "alex@example.com"),
		row("ibx_M1qunaOcugoqSEnNY", "act_AzW7OkDzo7GZzfBYq", "ctc_p66lDxuCdb9ZUMSN2",
			"2024-12-03 14:01:15.873", "2024-12-17 09:42:30.430", "2024-12-03 14:14:00.848", false, nil, "casey@example.com"),
		row("ibx_6vBhQEot19XAsTKvr", "act_38dXN8dzn6D8LU9dp", "ctc_rtlWNMHykdtwjih7i",
			"2024-12-02 16:27:50.927", "2024-12-17 09:42:17.682", "2024-12-02 16:38:35.875", true, nil, "morgan@example.com"),
		row("ibx_wemRUwJQXZLRTjG8F", "act_GjM4hNyXjAm29XGa2", "ctc_POL1cAPMvKzr851KU",
			"2024-11-29 11:40:17.918", "2024-12-04 16:58:53.629", "2024-12-04 15:47:00.816", true, "Jordan", "jordan@example.com"),
	}
	var got []map[string]any
	for i := range int(page.Record.NumRows()) {
		got = append(got, rowOf(page.Record, i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	four, one, ten := int64(4), int64(1), int64(10)
	if diff := cmp.Diff(Pagination{TotalItems: &four, CurrentPage: &one, PerPage: &ten, TotalPages: &one}, page.Pagination); diff != "" {
		t.Error(diff)
	}
	if len(page.UnknownFields) > 0 {
		t.Errorf("unknown: %q", page.UnknownFields)
	}
	if !page.Record.Schema().Equal(schema.InboxConversations().Arrow()) {
		t.Error("another schema")
	}
}

const deep = 9_990

func TestNothingIsLost(t *testing.T) {
	const binary = `{"$binary":{"base64":"%","subType":"00"}}`
	for _, test := range []struct {
		rule    string
		members string // of the row, besides _id
		columns string // those not null, besides id, extra and fetched_at
		extra   string
		unknown []string
	}{
		{"absent is null", ``, `{}`, ``, nil},
		{"null is null", `"teamId":null,"createdAt":null,"channels":null,"users":null,"contact":null,"isYourTurn":null`, `{}`, ``, nil},
		{"an empty text is not null", `"teamId":""`, `{"team_id":""}`, ``, nil},
		{"empty lists and objects are not null", `"channels":[],"contact":{}`, `{"channels":[],"contact":{"email":null,"full_name":null,"id":null}}`, ``, nil},
		{"false is not null", `"haveReplies":false`, `{"have_replies":false}`, ``, nil},
		{"done is false when absent or null", `"opportunities":[{"id":"opp_1"},{"done":null},{"done":true},{"done":false}]`,
			`{"opportunities":[{"done":false,"id":"opp_1","type":null},{"done":false,"id":null,"type":null},{"done":true,"id":null,"type":null},{"done":false,"id":null,"type":null}]}`, ``, nil},
		{"done of another type is null", `"opportunities":[{"done":"yes"}]`,
			`{"opportunities":[{"done":null,"id":null,"type":null}]}`, `{"/opportunities/0/done":"yes"}`, []string{"opportunities[].done (string)"}},

		{"an unknown key keeps its name", `"someNewField":1`, `{}`, `{"someNewField":1}`, []string{"someNewField"}},
		{"an unknown null is kept", `"someNewField":null`, `{}`, `{"someNewField":null}`, []string{"someNewField"}},
		{"keys count with their case", `"teamid":"a","TeamId":"b"`, `{}`, `{"teamid":"a","TeamId":"b"}`, []string{"TeamId", "teamid"}},
		{"an escaped key is the same key", `"team\u0049d":"a"`, `{"team_id":"a"}`, ``, nil},
		{"names of columns are not keys", `"extra":1,"fetched_at":2,"id":3,"":4`, `{}`, `{"extra":1,"fetched_at":2,"id":3,"":4}`, []string{`""`, "extra", "fetched_at", "id"}},
		{"a nested unknown key is named by its pointer", `"users":[null,{"role":"x"},{"role":[]}],"contact":{"a/b~c":1}`,
			`{"contact":{"email":null,"full_name":null,"id":null},"users":[null,{"read":null,"sender":null,"user_id":null},{"read":null,"sender":null,"user_id":null}]}`,
			`{"/users/1/role":"x","/users/2/role":[],"/contact/a~1b~0c":1}`, []string{`contact."a/b~c"`, "users[].role"}},
		{"a key that starts with a slash is named by its pointer", `"/users/1/role":1,"/~1x":2,"a/b":3,"~":4,"~1x":5`, `{}`,
			`{"/~1users~11~1role":1,"/~1~01x":2,"a/b":3,"~":4,"~1x":5}`, []string{`"/users/1/role"`, `"/~1x"`, `"a/b"`, `"~"`, `"~1x"`}},
		{"extra keeps the order of keys", `"z":1,"teamId":2,"contact":{"y":3},"a":4`,
			`{"contact":{"email":null,"full_name":null,"id":null}}`, `{"z":1,"teamId":2,"/contact/y":3,"a":4}`, []string{"a", "contact.y", "teamId (number)", "z"}},
		{"white space goes, texts and numbers stay", "\"a\" : [ 1e400 ,\n0.10, -0, 18446744073709551616, 1E+2, \" \\u00e9\\/ \\uD83D\\uDE00\" , { } , { \"b\" :\ttrue } ]", `{}`,
			`{"a":[1e400,0.10,-0,18446744073709551616,1E+2," \u00e9\/ \uD83D\uDE00",{},{"b":true}]}`, []string{"a"}},
		{"white space goes where nothing else is odd", `"a":[ 1 ],"b":{"c": 1},"c":{"d" :1},"d":[1 ,2],"e":[[ ]],"f":" "`, `{}`,
			`{"a":[1],"b":{"c":1},"c":{"d":1},"d":[1,2],"e":[[]],"f":" "}`, []string{"a", "b", "c", "d", "e", "f"}},
		{"names are safe on a terminal", `"\u001b[31m":1,"\u202e":2`, `{}`, `{"\u001b[31m":1,"` + "\u202e" + `":2}`, []string{`"\u202e"`, `"\x1b[31m"`}},

		{"a text where an object belongs", `"contact":"[object Object]"`, `{}`, `{"contact":"[object Object]"}`, []string{"contact (string)"}},
		{"an object where a text belongs", `"teamId":{"_id":"tea_1"}`, `{}`, `{"teamId":{"_id":"tea_1"}}`, []string{"teamId (object)"}},
		{"a number where a text belongs", `"teamId":18446744073709551616`, `{}`, `{"teamId":18446744073709551616}`, []string{"teamId (number)"}},
		{"a text where a boolean belongs", `"haveReplies":"true","isYourTurn":1`, `{}`, `{"haveReplies":"true","isYourTurn":1}`, []string{"haveReplies (string)", "isYourTurn (number)"}},
		{"a boolean where a list belongs", `"users":false,"channels":"email"`, `{}`, `{"users":false,"channels":"email"}`, []string{"channels (string)", "users (boolean)"}},
		{"an object where a list belongs", `"users":{"0":{}}`, `{}`, `{"users":{"0":{}}}`, []string{"users (object)"}},
		{"elements of another type are null", `"channels":["email",1,null,["sms"]],"users":["usr_1",{"userId":2}]`,
			`{"channels":["email",null,null,null],"users":[null,{"read":null,"sender":null,"user_id":null}]}`,
			`{"/channels/1":1,"/channels/3":["sms"],"/users/0":"usr_1","/users/1/userId":2}`,
			[]string{"channels[] (array)", "channels[] (number)", "users[] (string)", "users[].userId (number)"}},

		{"a timestamp in UTC is only a column", `"createdAt":"2024-12-17T09:42:32.971Z","lastSentAt":"2024-12-17t09:42:32.9710000z"`,
			`{"created_at":"2024-12-17T09:42:32.971Z","last_sent_at":"2024-12-17T09:42:32.971Z"}`, ``, nil},
		{"an escaped timestamp is read", `"createdAt":"2024-12-17T09:42:32\u005A"`, `{"created_at":"2024-12-17T09:42:32Z"}`, ``, nil},
		{"a timestamp with an offset is kept too", `"createdAt":"2024-12-17T09:42:32+01:00"`,
			`{"created_at":"2024-12-17T08:42:32Z"}`, `{"createdAt":"2024-12-17T09:42:32+01:00"}`, []string{"createdAt (not UTC)"}},
		{"a timestamp finer than a microsecond is kept too", `"createdAt":"1969-12-31T23:59:59.9999999Z"`,
			`{"created_at":"1969-12-31T23:59:59.999999Z"}`, `{"createdAt":"1969-12-31T23:59:59.9999999Z"}`, []string{"createdAt (finer than a microsecond)"}},
		{"every way to write UTC is only a column", `"createdAt":"2024-12-17 09:42:32.971Z","lastSentAt":"2024-12-17T09:42:32+00:00","lastRepliedAt":"2024-12-17t09:42:32.5 +0000"`,
			`{"created_at":"2024-12-17T09:42:32.971Z","last_replied_at":"2024-12-17T09:42:32.5Z","last_sent_at":"2024-12-17T09:42:32Z"}`, ``, nil},
		{"a timestamp without a zone is read as UTC and kept too", `"createdAt":"2024-12-17 09:42:32"`,
			`{"created_at":"2024-12-17T09:42:32Z"}`, `{"createdAt":"2024-12-17 09:42:32"}`, []string{"createdAt (without a time zone)"}},
		{"an epoch time is read and kept too", `"createdAt":1734428552,"lastSentAt":1734428552971,"lastRepliedAt":"1734428552.5","lastActivityAt":1.7344285529710E12`,
			`{"created_at":"2024-12-17T09:42:32Z","last_activity_at":"2024-12-17T09:42:32.971Z","last_replied_at":"2024-12-17T09:42:32.5Z","last_sent_at":"2024-12-17T09:42:32.971Z"}`,
			`{"createdAt":1734428552,"lastSentAt":1734428552971,"lastRepliedAt":"1734428552.5","lastActivityAt":1.7344285529710E12}`,
			[]string{"createdAt (epoch seconds)", "lastActivityAt (epoch milliseconds)", "lastRepliedAt (epoch seconds)", "lastSentAt (epoch milliseconds)"}},
		{"a value that is not a timestamp is null", `"createdAt":"yesterday","lastSentAt":17344285529710000,"lastRepliedAt":"","lastActivityAt":true`, `{}`,
			`{"createdAt":"yesterday","lastSentAt":17344285529710000,"lastRepliedAt":"","lastActivityAt":true}`,
			[]string{"createdAt (not a timestamp)", "lastActivityAt (boolean)", "lastRepliedAt (not a timestamp)", "lastSentAt (number)"}},

		{"escapes of a text are resolved", `"teamId":"\u00e9\n\uD83D\uDE00\u0000\/"`, `{"team_id":"é\n😀\u0000/"}`, ``, nil},
		{"half a surrogate pair", `"teamId":"a\ud800b"`, `{"team_id":"a` + "\uFFFD" + `b"}`,
			`{"teamId":` + strings.Replace(binary, "%", "YVx1ZDgwMGI=", 1) + `}`, []string{"teamId (not Unicode)"}},
		{"bytes that are not UTF-8", "\"channels\":[\"a\xffb\"]", `{"channels":["a` + "\uFFFD" + `b"]}`,
			`{"/channels/0":` + strings.Replace(binary, "%", "Yf9i", 1) + `}`, []string{"channels[] (not Unicode)"}},
		{"invalid Unicode inside an unknown value", "\"a\":[ 1,\"\xff\"],\"b\":{\"\\udc00\":1}", `{}`,
			`{"a":` + strings.Replace(binary, "%", "WyAxLCL/Il0=", 1) + `,"b":` + strings.Replace(binary, "%", "eyJcdWRjMDAiOjF9", 1) + `}`, []string{"a", "b"}},
		{"invalid Unicode in a column of another type", "\"haveReplies\":\"\xff\",\"createdAt\":\"\xff\"", `{}`,
			`{"haveReplies":` + strings.Replace(binary, "%", "Iv8i", 1) + `,"createdAt":` + strings.Replace(binary, "%", "Iv8i", 1) + `}`,
			[]string{"createdAt (not a timestamp)", "haveReplies (string)"}},
		{"names that are not Unicode stay unique", "\"\xff\":1,\"\xfe\":2,\"\\ud800\":3", `{}`,
			"{\"\uFFFD\":{\"$duplicates\":[1,2,3]}}", []string{"\"\uFFFD\"", "\"\uFFFD\" (duplicate)"}},

		{"of duplicate keys the last counts, all are kept", `"teamId":"a","haveReplies":true,"teamId":"b","teamId":null,"teamId":"c"`,
			`{"have_replies":true,"team_id":"c"}`, `{"teamId":{"$duplicates":["a","b",null,"c"]}}`, []string{"teamId (duplicate)"}},
		{"duplicate unknown keys", `"x":1,"y":2,"x":[3]`, `{}`, `{"x":{"$duplicates":[1,[3]]},"y":2}`, []string{"x", "x (duplicate)", "y"}},
		{"nested duplicate keys", `"contact":{"email":"a","email":2,"z":1,"z":1}`, `{"contact":{"email":null,"full_name":null,"id":null}}`,
			`{"/contact/email":{"$duplicates":["a",2]},"/contact/z":{"$duplicates":[1,1]}}`,
			[]string{"contact.email (duplicate)", "contact.email (number)", "contact.z", "contact.z (duplicate)"}},
		{"a value that extra holds in full is not kept in parts too", `"users":[],"users":[{"role":1,"sender":2},"x"]`,
			`{"users":[{"read":null,"sender":null,"user_id":null},null]}`, `{"users":{"$duplicates":[[],[{"role":1,"sender":2},"x"]]}}`,
			[]string{"users (duplicate)", "users[] (string)", "users[].role", "users[].sender (number)"}},
		{"duplicate ids", `"_id":"ibx_0"`, `{}`, `{"_id":{"$duplicates":["ibx_1","ibx_0"]}}`, []string{"_id (duplicate)"}},
		{"duplicates inside an unknown value stay as they are", `"x":{"a":1,"a":2}`, `{}`, `{"x":{"a":1,"a":2}}`, []string{"x"}},
		{"duplicates that are not Unicode", "\"x\":\"\xff\",\"x\":1", `{}`, `{"x":{"$duplicates":[` + strings.Replace(binary, "%", "Iv8i", 1) + `,1]}}`, []string{"x", "x (duplicate)"}},

		{"an object that looks like one of the forms is marked", `"a":{ "$binary" : 1},"b":{"\u0024duplicates":[]},"c":{"$literal":{}},"d":{"$set":1},"e":{},"f":{"\\\"":1},"g":[{"$binary":1}]`, `{}`,
			`{"a":{"$literal":{"$binary":1}},"b":{"$literal":{"\u0024duplicates":[]}},"c":{"$literal":{"$literal":{}}},"d":{"$set":1},"e":{},"f":{"\\\"":1},"g":[{"$binary":1}]}`,
			[]string{"a", "b", "c", "d", "e", "f", "g"}},
		{"deep nesting is kept", `"x":` + strings.Repeat("[", deep) + strings.Repeat("]", deep), `{}`,
			`{"x":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`, []string{"x"}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			row := `{"_id":"ibx_1"`
			if test.members != "" {
				row += "," + test.members
			}
			page := mustDecode(t, pageOf(row+"}"))
			got := rowOf(page.Record, 0)
			if id, _ := got["id"].(string); !strings.HasPrefix(id, "ibx_") {
				t.Errorf("id is %q", id)
			}
			extra, _ := got["extra"].(string)
			for _, column := range []string{"id", "extra", "fetched_at"} {
				delete(got, column)
			}
			if diff := cmp.Diff(test.columns, compact(t, got)); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.extra, extra); diff != "" {
				t.Errorf("extra (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.unknown, page.UnknownFields); diff != "" {
				t.Errorf("unknown fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLastOfDuplicateIDsIsTheKey(t *testing.T) {
	page := mustDecode(t, pageOf(`{"_id":5,"_id":"ibx_2"}`))
	if got := rowOf(page.Record, 0)["id"]; got != "ibx_2" {
		t.Errorf("id is %v", got)
	}
}

func TestDecoderIsReused(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	decoder := NewDecoder(schema.InboxConversations(), mem)
	full := pageOf(
		`{"_id":"ibx_1","x":1,"channels":["email"],"users":[{"userId":"usr_1"}],"contact":{"email":"a@example.com"}}`,
		`{"_id":"ibx_2","opportunities":[{}],"createdAt":"2024-12-17T09:42:32Z"}`)
	for range 3 {
		page, err := decoder.Decode(full, fetched)
		if err != nil {
			t.Fatal(err)
		}
		if page.Record.NumRows() != 2 || len(page.UnknownFields) != 1 {
			t.Errorf("%d rows, unknown %q", page.Record.NumRows(), page.UnknownFields)
		}
		page.Record.Release()

		// An error after rows were appended leaves nothing behind.
		_, err = decoder.Decode(pageOf(`{"_id":"ibx_3","y":1,"channels":["a"]}`, `{}`), fetched)
		if _, ok := errors.AsType[*PageError](err); !ok {
			t.Errorf("no PageError but %v", err)
		}
		mem.AssertSize(t, 0)

		page, err = decoder.Decode(pageOf(), fetched)
		if err != nil {
			t.Fatal(err)
		}
		if page.Record.NumRows() != 0 || len(page.UnknownFields) != 0 {
			t.Errorf("%d rows, unknown %q on an empty page", page.Record.NumRows(), page.UnknownFields)
		}
		page.Record.Release()
	}
}

func TestRecordKeepsNothingOfTheBody(t *testing.T) {
	body := pageOf(`{"_id":"ibx_1","teamId":"tea_1","new":"x"}`)
	page := mustDecode(t, body)
	clear(body)
	got := rowOf(page.Record, 0)
	if got["id"] != "ibx_1" || got["team_id"] != "tea_1" || got["extra"] != `{"new":"x"}` || page.UnknownFields[0] != "new" {
		t.Errorf("changed with the body: %v", got)
	}
}

func TestUnreadableVersionsAreCountedAndShownByTheirForm(t *testing.T) {
	for _, test := range []struct {
		rows []string // lastActivityAt
		want int
		form string
	}{
		{[]string{`"2024-12-17T09:42:32Z"`, `1734428552`, `null`, `"2024-12-17 09:42:32"`}, 0, ""},
		{[]string{`null`, `"Tue, 17 Dec 2024 09:42:32"`, `"soon"`}, 2, `string "Aaa, 99 Aaa 9999 99:99:99"`},
		{[]string{`"2024-12-17T09:42:32Z"`, `17344285529710000`}, 1, `number "99999999999999999"`},
		{[]string{`{"$date":"2024-12-17T09:42:32Z"}`, `false`}, 2, "object"},
		{[]string{`""`}, 1, `string ""`},
		{[]string{`"\u0000\u001b[31m\"é\u202e"`}, 1, `string "??[99a???"`},
		{[]string{`"` + strings.Repeat("é7", 200) + `"`}, 1, `string "` + strings.Repeat("?9", 20) + `…"`},
		{[]string{`"now","lastActivityAt":"2024-12-17T09:42:32Z"`, `"2024-12-17T09:42:32Z","lastActivityAt":"now"`}, 1, `string "aaa"`},
	} {
		var rows []string
		for i, active := range test.rows {
			rows = append(rows, fmt.Sprintf(`{"_id":"ibx_%d","contact":{"lastActivityAt":1},"lastActivityAt":%s}`, i, active))
		}
		decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
		for range 2 { // no page counts what another had
			page, err := decoder.Decode(pageOf(rows...), fetched)
			if err != nil {
				t.Fatal(err)
			}
			page.Record.Release()
			if page.UnreadableVersions != test.want || page.UnreadableForm != test.form {
				t.Errorf("%s: %d %q, want %d %q", test.rows, page.UnreadableVersions, page.UnreadableForm, test.want, test.form)
			}
			if _, err := decoder.Append(append(pageOf(rows...), 'x'), fetched); err == nil {
				t.Fatal("a broken page is read")
			}
		}
	}
}
