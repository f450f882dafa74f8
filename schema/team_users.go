package schema

import "sync"

// TeamUsers is the table `team_users`, schema version 1: one row per user of the team
// (API: `GET /team?version=v2`, "Get Team"). The answer holds secrets; nothing of it is
// kept but the id of the team and what it says of its users. The table is shared and
// must not be changed.
var TeamUsers = sync.OnceValue(newTeamUsers) //nolint:gochecknoglobals // made once, never changed

func newTeamUsers() *Table {
	table := &Table{
		Name:        "team_users",
		Version:     1,
		PartitionBy: PartitionTeam,
		Request:     Request{Path: "team", Query: map[string]string{"version": "v2"}, Envelope: EnvelopeTeam},
		Description: "One row per user of the team",
		Columns: []Column{
			{Name: "id", Type: String, Values: IDs, Role: RoleKey, Required: true, Needed: "it identifies the row", Key: "userId", Provenance: Documented, Personal: true, Description: "Id of the user (usr_…), unique in the table"},
			{Name: "name", Type: String, Role: RoleDisplayName, Key: "name", Provenance: Documented, Personal: true, Description: "Name of the user; null when the API states only the id"},
			{Name: "email", Type: String, Key: "email", Provenance: Documented, Personal: true, Description: "Email address of the user; null when the API states only the id"},
			{Name: "role", Type: String, Values: FewValues, Key: "role", Provenance: Documented, Description: "Role of the user in the team; an open set"},
			{Name: "team_id", Type: String, Values: FewValues, EnvelopeKey: "_id", Provenance: Documented, Description: "Id of the team (tea_…), the same in all rows"},
			{Name: "extra", Type: JSON, Role: RoleExtra, Provenance: Derived, Personal: true, Description: "What the API sent about the user and no column holds in full, as a JSON object; null when there is nothing"},
			{Name: "fetched_at", Type: Timestamp, Role: RoleFetched, Required: true, Needed: "it says when a row was read", Provenance: Derived, Description: "When the answer with this row arrived, by the local clock"},
		},
	}
	number(table.Columns)
	return table
}
