package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// dataset is a team and what is exported of it.
type dataset struct {
	name    string
	rows    []json.RawMessage
	users   []string // whose inbox holds them
	exclude []string
}

func datasets() ([]dataset, error) {
	server, err := sim.New(sim.Options{Conversations: 1100, TypeSurprises: true, LoneSurrogates: true})
	if err != nil {
		return nil, err
	}
	var team []json.RawMessage
	for _, conversation := range server.Conversations() {
		team = append(team, conversation.Raw())
	}
	users := server.UserIDs()
	team = append(team, oddRows(users[0])...)
	// Left out are columns before, between and after others, and fields of structs in
	// and out of lists, so that every number after them would be another one.
	exclude := []string{"team_id", "created_at", "have_replies", "last_sent_subject", "users.sender", "contact.full_name", "extra"}
	return []dataset{
		{name: "all", rows: team, users: users},
		{name: "exclude", rows: team, users: users, exclude: exclude},
		{name: "nulls", rows: bareRows(), users: users[:1]},
		{name: "empty", rows: []json.RawMessage{}, users: users[:1]},
	}, nil
}

// longText is longer than any bound of a column chunk may be; only its end differs.
func longText(end string) string { return strings.Repeat("the same beginning, ", 5_000) + end }

// longID is longer than any bound of a column chunk may be. Those with even numbers come
// before all other ids of contacts, the others after them: both bounds are cut.
func longID(n int) string {
	beginning := "a long beginning, "
	if n%2 == 1 {
		beginning = "\U0001f984"
	}
	return strings.Repeat(beginning, 60) + strconv.Itoa(n)
}

// oddTexts are JSON strings as the API may send them.
func oddTexts() []string {
	return []string{
		`""`, `" "`, `"\u0000"`, `"a\u0000b"`, `"\u0001\u001f\u007f\u0085"`, `"tab\tline\nreturn\rquote\"backslash\\slash\/"`,
		`"e\u0301 is not \u00e9"`, `"👩‍👩‍👧‍👦 🦄 🏳️‍🌈"`, `"\ud83e\udd84"`, `"שלום עליכם"`, `"\ufeffmark"`, `"\u2028\u2029\u200b"`, `"\u202eright to left"`,
		`"\uffff\ufffe"`, `"\udbff\udfff"`, `"\ue000\uf8ff\udb80\udc00"`, `"half \ud83d"`, `"\udc00 other half"`, `"\ud83d\ud83d"`, `"\udc00\ud800"`,
		`"NULL"`, `"null"`, `"NaN"`, `"1e400"`, `"{\"a\": 1}"`, `"` + longText("a") + `"`, `"` + longText("b") + `"`,
		`"` + strings.Repeat("\U0010ffff", 200) + `"`, `"` + strings.Repeat(`\udbff\udfff`, 200) + `z"`,
	}
}

// oddValues are values of a key that no column has.
func oddValues() []string {
	return []string{
		`1e400`, `-1e-400`, `-0`, `-0.0`, `1.0`, `1e0`, `9007199254740993`, `18446744073709551616`, `0.1000000000000000055511151231257827`,
		strings.Repeat("[", 1_100) + strings.Repeat("]", 1_100), strings.Repeat(`{"a":`, 1_100) + "0" + strings.Repeat("}", 1_100),
		`{"a":1,"a":2}`, `{"":0}`, `[]`, `{}`, `true`, `null`, `"\ud800"`,
	}
}

// oddRows holds every odd value in every place that it can come to. A row that has users
// has the one whose inbox it is in.
func oddRows(owner string) []json.RawMessage {
	var rows []json.RawMessage
	add := func(fields string) {
		n := len(rows)
		at := time.Date(2024, 5, 6, 7, 8, 9, n*1_001_000, time.UTC).Format("2006-01-02T15:04:05.000000Z")
		fields = strings.Replace(fields, `"users":[`, `"users":[{"userId":"`+owner+`"},`, 1)
		rows = append(rows, json.RawMessage(fmt.Sprintf(`{"_id":"ibx_Odd%014d","lastActivityAt":%q,"teamId":"tea_Odd",%s}`, n, at, fields)))
	}
	for n, text := range oddTexts() {
		add(fmt.Sprintf(`"contactId":%[2]q,"createdBy":%[1]s,"lastRepliedChannel":%[1]s,"lastSentSubject":%[1]s,"lastSentMessagePreview":%[1]s,"lastRepliedSubject":%[1]s,"lastRepliedMessagePreview":%[1]s,`+
			`"channels":[%[1]s,%[1]s],"users":[{"userId":%[1]s,"sender":true}],"opportunities":[{"id":%[1]s,"type":%[1]s}],`+
			`"contact":{"_id":%[1]s,"fullName":%[1]s,"email":%[1]s},"note":%[1]s`, text, longID(n)))
	}
	for _, value := range oddValues() {
		add(fmt.Sprintf(`"contactId":%[1]s,"haveReplies":%[1]s,"newField":%[1]s,"contact":{"_id":"c","newField":%[1]s},"users":[{"userId":%[1]s,"read":%[1]s,"newField":%[1]s}]`, value))
	}
	for _, fields := range []string{
		`"channels":[],"opportunities":[],"contact":{}`,
		`"channels":null,"users":null,"opportunities":null,"contact":null`,
		`"channels":[null],"users":[null],"opportunities":[null]`,
		`"channels":[null,"email",null,""],"users":[{},null,{"userId":null}],"opportunities":[{},{"done":true},null]`,
		`"createdAt":"0001-01-01T00:00:00Z","lastRepliedAt":"1582-10-04T23:59:59.999999Z","lastSentAt":"1899-12-31T23:59:59.999999Z"`,
		`"createdAt":"9999-12-31T23:59:59.999999Z","lastRepliedAt":"2262-04-11T23:47:16.854776Z","lastSentAt":"2300-01-01T00:00:00Z"`,
		`"createdAt":"1969-12-31T23:59:59.999999Z","lastRepliedAt":"1970-01-01T00:00:00Z","lastSentAt":"1677-09-21T00:12:43.145224Z"`,
		`"lastSentAt":"2024-05-06T07:08:09.123456789Z","lastRepliedAt":"2024-05-06T07:08:09+02:00","createdAt":1700000000`,
		`"channels":[` + strings.Repeat(`"email",`, 2_000) + `"last"]`,
	} {
		add(fields)
	}
	return rows
}

// bareRows leaves every column that may be null without a value.
func bareRows() []json.RawMessage {
	var rows []json.RawMessage
	for n := range 40 {
		at := time.Date(2024, 5, 6, 7, 8, n, 0, time.UTC).Format(time.RFC3339)
		rows = append(rows, json.RawMessage(fmt.Sprintf(`{"_id":"ibx_Bare%013d","lastActivityAt":%q}`, n, at)))
	}
	return rows
}
