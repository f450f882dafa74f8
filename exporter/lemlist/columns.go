package lemlist

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/schema"
)

// listColumns are the columns of a table that is one list a user, as far as the argument
// needs them: their positions in a record.
type listColumns struct {
	table                        *schema.Table
	created, participants, extra int
	userID                       int    // the field of a participant
	versionKey                   string // what the API calls the version
}

func columnsOf(table *schema.Table) listColumns {
	c := listColumns{table: table}
	_, c.created, _ = table.ByRole(schema.RoleCreated)
	_, c.extra, _ = table.ByRole(schema.RoleExtra)
	version, _, _ := table.ByRole(schema.RoleVersion)
	c.versionKey = version.Key
	participants, at, _ := table.ByRole(schema.RoleParticipants)
	c.participants = at
	c.userID = slices.IndexFunc(participants.Elem.Fields, func(field schema.Column) bool { return field.Role == schema.RoleUserID })
	return c
}

// rowsOf takes from a record what the argument needs.
func (c listColumns) rowsOf(keys schema.Keys, rec arrow.Record) []prover.Row {
	created := rec.Column(c.created).(*array.Timestamp)
	rows := make([]prover.Row, keys.Len())
	for i := range rows {
		rows[i] = prover.Row{ID: keys.Hash(i), At: keys.Version(i), Created: schema.NoVersion}
		if created.IsValid(i) {
			rows[i].Created = int64(created.Value(i))
		}
	}
	return rows
}

// auditOf counts the rows that do not fit the list of a user.
func (c listColumns) auditOf(keys schema.Keys, rec arrow.Record, user string) (found prover.Audit) {
	lists := rec.Column(c.participants).(*array.List)
	names := lists.ListValues().(*array.Struct).Field(c.userID).(*array.String)
	extra := rec.Column(c.extra).(*array.String)
	for i := range keys.Len() {
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
		if keys.Version(i) == schema.NoVersion && extra.IsValid(i) && c.holdsVersion(extra.Value(i)) {
			found.Unreadable++
		}
	}
	return found
}

// holdsVersion reports whether a version did not fit its column.
func (c listColumns) holdsVersion(extra string) bool {
	if !strings.Contains(extra, c.versionKey) {
		return false
	}
	var kept map[string]json.RawMessage
	return json.Unmarshal([]byte(extra), &kept) == nil && kept[c.versionKey] != nil
}
