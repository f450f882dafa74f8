package schema

// Role is the purpose of a column, so that no code outside this package has to know the
// names of columns. A table has at most one column or field of each role.
type Role string

// The roles that the engine and the file formats know.
const (
	// RoleKey is the id of a row, unique in the table and never null. Every table has one.
	RoleKey Role = "key"
	// RoleVersion is a time that grows with every version of a row; the API sorts its
	// list by it. A table without it can only be exported as a snapshot.
	RoleVersion Role = "version"
	// RoleFetched is the time at which a row was read, the only column that differs
	// between two exports of the same data. Every table has one.
	RoleFetched Role = "fetched"
	// RoleExtra holds the values that no other column holds in full.
	RoleExtra Role = "extra"
)

// The roles that reports look for.
const (
	// RoleCreated is when a conversation began.
	RoleCreated Role = "created"
	// RoleReplied is whether the contact has replied, RoleRepliedAt when last, and
	// RoleRepliedChannel by which channel.
	RoleReplied        Role = "replied"
	RoleRepliedAt      Role = "replied_at"
	RoleRepliedChannel Role = "replied_channel"
	// RoleSentAt is when the newest message was sent.
	RoleSentAt Role = "sent_at"
	// RoleTurn is whether the contact waits for the team.
	RoleTurn Role = "turn"
	// RoleChannels is the list of channels of a conversation.
	RoleChannels Role = "channels"
	// RoleParticipants is the list of users who take part. Of each, RoleUserID is the id,
	// RoleSender whether the user sent messages, and RoleRead whether the user has read
	// the conversation.
	RoleParticipants Role = "participants"
	RoleUserID       Role = "user_id"
	RoleSender       Role = "sender"
	RoleRead         Role = "read"
	// RoleTasks is the list of tasks of a conversation. Of each, RoleTaskType is the kind,
	// and RoleTaskDone whether it is done.
	RoleTasks    Role = "tasks"
	RoleTaskType Role = "task_type"
	RoleTaskDone Role = "task_done"
	// RoleDisplayName is the name that people know a row by.
	RoleDisplayName Role = "display_name"
)
