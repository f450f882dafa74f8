package schema

import "sync"

// InboxConversations is the table `inbox_conversations`, schema version 1: one
// row per conversation of the team inbox (API: `GET /inbox`, "Get Many
// Inboxes"). The table is shared and must not be changed.
var InboxConversations = sync.OnceValue(newInboxConversations) //nolint:gochecknoglobals // made once, never changed

func newInboxConversations() *Table {
	table := &Table{
		Name:        "inbox_conversations",
		Version:     1,
		PartitionBy: PartitionUser,
		Request:     Request{Path: "inbox", Envelope: EnvelopePage},
		Description: "One row per conversation of the team inbox, in its newest version",
		Columns: []Column{
			{Name: "id", Type: String, Values: IDs, Role: RoleKey, Required: true, Needed: "it identifies the row", Key: "_id", Provenance: Documented, Personal: true, Description: "Id of the conversation (ibx_…), unique in the table"},
			{Name: "team_id", Type: String, Values: FewValues, Key: "teamId", Provenance: Documented, Description: "Id of the team (tea_…)"},
			{Name: "contact_id", Type: String, Values: IDs, Key: "contactId", Provenance: Documented, Personal: true, Description: "Id of the contact (ctc_…), the key of the thread endpoint"},
			{Name: "created_by", Type: String, Values: IDs, Key: "createdBy", Provenance: Documented, Personal: true, Description: "What opened the conversation: an activity (act_…) or a user (usr_…)"},
			{Name: "created_at", Type: Timestamp, Role: RoleCreated, Key: "createdAt", Provenance: Documented, Description: "When the conversation was created"},
			{Name: "last_activity_at", Type: Timestamp, Role: RoleVersion, Needed: "it identifies the newest version of a row", Key: "lastActivityAt", Provenance: Documented, Description: "Newest activity of any kind; the inbox is sorted by it, newest first"},
			{Name: "have_replies", Type: Bool, Role: RoleReplied, Key: "haveReplies", Provenance: Documented, Description: "Whether the contact has replied at least once"},
			{Name: "last_replied_at", Type: Timestamp, Role: RoleRepliedAt, Key: "lastRepliedAt", Provenance: Documented, Description: "When lemlist registered the newest reply; later than the reply's own date"},
			{Name: "last_replied_channel", Type: String, Values: FewValues, Role: RoleRepliedChannel, Key: "lastRepliedChannel", Provenance: Documented, Description: "Channel of the newest reply: email, linkedin, …; an open set"},
			{Name: "is_your_turn", Type: Bool, Role: RoleTurn, Key: "isYourTurn", Provenance: Observed, Description: "Whether the contact is waiting for the team"},
			{Name: "last_sent_at", Type: Timestamp, Role: RoleSentAt, Key: "lastSentAt", Provenance: Observed, Description: "When the newest message was sent; null when nothing was"},
			{Name: "last_sent_subject", Type: String, Key: "lastSentSubject", Provenance: Observed, Personal: true, Description: "Subject of the newest message sent, for email"},
			{Name: "last_sent_message_preview", Type: String, Key: "lastSentMessagePreview", Provenance: Observed, Personal: true, Description: "About 100 characters of the newest message sent; reported stale at times"},
			{Name: "last_replied_subject", Type: String, Key: "lastRepliedSubject", Provenance: Observed, Personal: true, Description: "Subject of the newest reply, for email"},
			{Name: "last_replied_message_preview", Type: String, Key: "lastRepliedMessagePreview", Provenance: Observed, Personal: true, Description: "About 100 characters of the newest reply"},
			{Name: "channels", Type: List, Role: RoleChannels, Key: "channels", Provenance: Documented, Description: "Channels of the conversation, in no order; an open set",
				Elem: &Column{Name: "element", Type: String, Values: FewValues, Provenance: Documented, Description: "Channel"}},
			{Name: "users", Type: List, Role: RoleParticipants, Key: "users", Provenance: Documented, Personal: true, Description: "Users of the team who take part",
				Elem: &Column{Name: "element", Type: Struct, Provenance: Documented, Personal: true, Description: "User", Fields: []Column{
					{Name: "user_id", Type: String, Role: RoleUserID, References: "team_users", Values: FewValues, Key: "userId", Provenance: Documented, Personal: true, Description: "Id of the user (usr_…), possibly a former member"},
					{Name: "sender", Type: Bool, Role: RoleSender, Key: "sender", Provenance: Documented, Description: "Whether the user sent messages"},
					{Name: "read", Type: Bool, Role: RoleRead, Key: "read", Provenance: Documented, Description: "Whether the user has read the conversation"},
				}}},
			{Name: "opportunities", Type: List, Role: RoleTasks, Key: "opportunities", Provenance: Documented, Personal: true, Description: "Tasks attached to the conversation",
				Elem: &Column{Name: "element", Type: Struct, Provenance: Documented, Personal: true, Description: "Task", Fields: []Column{
					{Name: "id", Type: String, Values: IDs, Key: "id", Provenance: Documented, Personal: true, Description: "Id of the task (opp_…)"},
					{Name: "type", Type: String, Role: RoleTaskType, Values: FewValues, Key: "type", Provenance: Documented, Description: "Kind of the task: manual, phone, …; an open set"},
					{Name: "done", Type: Bool, Role: RoleTaskDone, Key: "done", AbsentFalse: true, Provenance: Documented, Description: "Whether the task is done; the API leaves it out when it is not"},
				}}},
			{Name: "contact", Type: Struct, Key: "contact", Provenance: Documented, Personal: true, Description: "The contact; null where the API leaves it out", Fields: []Column{
				{Name: "id", Type: String, Values: IDs, Key: "_id", Provenance: Documented, Personal: true, Description: "Id of the contact (ctc_…)"},
				{Name: "full_name", Type: String, Key: "fullName", Provenance: Documented, Personal: true, Description: "Full name, often absent"},
				{Name: "email", Type: String, Key: "email", Provenance: Documented, Personal: true, Description: "Email address as stored, not validated; absent for LinkedIn-only contacts"},
			}},
			{Name: "extra", Type: JSON, Role: RoleExtra, Provenance: Derived, Personal: true, Description: "What the API sent and no column holds in full, as a JSON object; null when there is nothing"},
			{Name: "fetched_at", Type: Timestamp, Role: RoleFetched, Required: true, Needed: "it says when a row was read", Provenance: Derived, Description: "When the page that held this version arrived, by the local clock"},
		},
	}
	number(table.Columns)
	return table
}
