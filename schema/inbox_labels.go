package schema

import "sync"

// InboxLabels is the table `inbox_labels`, schema version 1: one row per label that the
// team has for conversations (API: `GET /inbox/labels`, "Get Labels"). The table is
// shared and must not be changed.
var InboxLabels = sync.OnceValue(newInboxLabels) //nolint:gochecknoglobals // made once, never changed

func newInboxLabels() *Table {
	table := &Table{
		Name:        "inbox_labels",
		Version:     1,
		PartitionBy: PartitionTeam,
		Request:     Request{Path: "inbox/labels", Envelope: EnvelopeArray},
		Description: "One row per label of the team inbox",
		Columns: []Column{
			{Name: "id", Type: String, Values: IDs, Role: RoleKey, Required: true, Needed: "it identifies the row", Key: "_id", Provenance: Documented, Description: "Id of the label (lbl_…), unique in the table"},
			{Name: "name", Type: String, Role: RoleDisplayName, Key: "name", Provenance: Documented, Description: "Name of the label"},
			{Name: "color", Type: String, Values: FewValues, Key: "color", Provenance: Documented, Description: "Color of the label, #RRGGBB"},
			{Name: "created_at", Type: Timestamp, Key: "createdAt", Provenance: Documented, Description: "When the label was created; null where the API does not say"},
			{Name: "created_by", Type: String, Key: "createdBy", Provenance: Documented, Personal: true, Description: "Who created the label, as an email address; null where the API does not say"},
			{Name: "extra", Type: JSON, Role: RoleExtra, Provenance: Derived, Personal: true, Description: "What the API sent and no column holds in full, as a JSON object; null when there is nothing"},
			{Name: "fetched_at", Type: Timestamp, Role: RoleFetched, Required: true, Needed: "it says when a row was read", Provenance: Derived, Description: "When the answer with this row arrived, by the local clock"},
		},
	}
	number(table.Columns)
	return table
}
