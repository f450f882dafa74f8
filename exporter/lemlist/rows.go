package lemlist

import (
	"encoding/json"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// column is a column of a record of conversations.
func column[T arrow.Array](rec arrow.Record, name string) T {
	_, at, _ := schema.InboxConversations().Column(name)
	return rec.Column(at).(T)
}

// rowsOf takes from a record what the argument needs.
func rowsOf(rec arrow.Record) []Row {
	ids := column[*array.String](rec, "id")
	times := column[*array.Timestamp](rec, "last_activity_at")
	births := column[*array.Timestamp](rec, "created_at")
	rows := make([]Row, rec.NumRows())
	for i := range rows {
		rows[i] = Row{ID: schema.HashID(ids.Value(i)), At: never, Created: never}
		if times.IsValid(i) {
			rows[i].At = int64(times.Value(i))
		}
		if births.IsValid(i) {
			rows[i].Created = int64(births.Value(i))
		}
	}
	return rows
}

// auditOf counts the rows that do not fit the list of a user.
func auditOf(rec arrow.Record, user string) (found Audit) {
	lists := column[*array.List](rec, "users")
	names := lists.ListValues().(*array.Struct).Field(0).(*array.String)
	times := column[*array.Timestamp](rec, "last_activity_at")
	extra := column[*array.String](rec, "extra")
	for i := range int(rec.NumRows()) {
		from, to := lists.ValueOffsets(i)
		nobody, named := lists.IsNull(i) || from == to, false
		for at := from; at < to && !named; at++ {
			nobody = nobody || names.IsNull(int(at))
			named = names.IsValid(int(at)) && names.Value(int(at)) == user
		}
		switch {
		case named:
			found.Named++
		case !nobody:
			found.Foreign++
		}
		if times.IsNull(i) && extra.IsValid(i) && holdsTime(extra.Value(i)) {
			found.Unreadable++
		}
	}
	return found
}

// holdsTime reports whether a lastActivityAt did not fit its column.
func holdsTime(extra string) bool {
	const key = "lastActivityAt"
	if !strings.Contains(extra, key) {
		return false
	}
	var kept map[string]json.RawMessage
	return json.Unmarshal([]byte(extra), &kept) == nil && kept[key] != nil
}
