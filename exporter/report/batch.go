package report

import (
	"iter"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// batch holds the columns of a record. A column that the export leaves out is nil.
type batch struct {
	createdAt, activeAt, repliedAt, sentAt *array.Timestamp
	haveReplies, turn                      *array.Boolean
	extra                                  *array.String
	channels, users, tasks                 list
	channelNames                           *array.String
	userID                                 *array.String
	userSender, userRead                   *array.Boolean
	taskType                               *array.String
	taskDone                               *array.Boolean
}

func newBatch(table *schema.Table, rec arrow.Record) batch {
	of := columns{table, rec}
	b := batch{
		createdAt: column[*array.Timestamp](of, schema.RoleCreated), activeAt: column[*array.Timestamp](of, schema.RoleVersion),
		repliedAt: column[*array.Timestamp](of, schema.RoleRepliedAt), sentAt: column[*array.Timestamp](of, schema.RoleSentAt),
		haveReplies: column[*array.Boolean](of, schema.RoleReplied), turn: column[*array.Boolean](of, schema.RoleTurn),
		extra:    column[*array.String](of, schema.RoleExtra),
		channels: newList(of, schema.RoleChannels), users: newList(of, schema.RoleParticipants), tasks: newList(of, schema.RoleTasks),
	}
	if b.channels.List != nil {
		b.channelNames, _ = b.channels.ListValues().(*array.String)
	}
	b.userID = field[*array.String](b.users, schema.RoleUserID)
	b.userSender = field[*array.Boolean](b.users, schema.RoleSender)
	b.userRead = field[*array.Boolean](b.users, schema.RoleRead)
	b.taskType = field[*array.String](b.tasks, schema.RoleTaskType)
	b.taskDone = field[*array.Boolean](b.tasks, schema.RoleTaskDone)
	return b
}

// columns is a record of a table.
type columns struct {
	table *schema.Table
	rec   arrow.Record
}

// column is the column with that role; nil when there is none.
func column[T arrow.Array](of columns, role schema.Role) T {
	var none T
	_, at, ok := of.table.ByRole(role)
	if !ok {
		return none
	}
	values, _ := of.rec.Column(at).(T)
	return values
}

// list is a column of lists, perhaps nil, and what the table says of its elements.
type list struct {
	*array.List
	element *schema.Column
}

func newList(of columns, role schema.Role) list {
	described, _, _ := of.table.ByRole(role)
	return list{column[*array.List](of, role), described.Elem}
}

// field is the field with that role of the structs in a list; nil when there is none.
func field[T arrow.Array](of list, role schema.Role) T {
	var none T
	if of.List == nil {
		return none
	}
	elements, ok := of.ListValues().(*array.Struct)
	if !ok {
		return none
	}
	for i, described := range of.element.Fields {
		if described.Role == role {
			values, _ := elements.Field(i).(T)
			return values
		}
	}
	return none
}

// at yields the indices of a row's elements among all elements.
func (l list) at(row int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if l.List == nil || l.IsNull(row) {
			return
		}
		start, end := l.ValueOffsets(row)
		for i := int(start); i < int(end); i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func moment(values *array.Timestamp, row int) (time.Time, bool) {
	if values == nil || values.IsNull(row) {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(values.Value(row))).UTC(), true
}

func text(values *array.String, row int) (string, bool) {
	if values == nil || values.IsNull(row) {
		return "", false
	}
	return values.Value(row), true
}

func isTrue(values *array.Boolean, row int) bool {
	return values != nil && values.IsValid(row) && values.Value(row)
}
