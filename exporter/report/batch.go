package report

import (
	"iter"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// batch is a record with its columns at hand. A column that the export leaves
// out is nil.
type batch struct {
	createdAt, activeAt, repliedAt, sentAt *array.Timestamp
	haveReplies, turn                      *array.Boolean
	repliedChannel, extra                  *array.String
	channels, users, tasks                 list
	channelNames                           *array.String
	userID                                 *array.String
	userSender, userRead                   *array.Boolean
	taskType                               *array.String
	taskDone                               *array.Boolean
}

func newBatch(rec arrow.Record) batch {
	b := batch{
		createdAt: column[*array.Timestamp](rec, "created_at"), activeAt: column[*array.Timestamp](rec, "last_activity_at"),
		repliedAt: column[*array.Timestamp](rec, "last_replied_at"), sentAt: column[*array.Timestamp](rec, "last_sent_at"),
		haveReplies: column[*array.Boolean](rec, "have_replies"), turn: column[*array.Boolean](rec, "is_your_turn"),
		repliedChannel: column[*array.String](rec, "last_replied_channel"), extra: column[*array.String](rec, "extra"),
		channels: list{column[*array.List](rec, "channels")}, users: list{column[*array.List](rec, "users")},
		tasks: list{column[*array.List](rec, "opportunities")},
	}
	if b.channels.List != nil {
		b.channelNames, _ = b.channels.ListValues().(*array.String)
	}
	b.userID = field[*array.String](b.users, "user_id")
	b.userSender = field[*array.Boolean](b.users, "sender")
	b.userRead = field[*array.Boolean](b.users, "read")
	b.taskType = field[*array.String](b.tasks, "type")
	b.taskDone = field[*array.Boolean](b.tasks, "done")
	return b
}

func column[T arrow.Array](rec arrow.Record, name string) T {
	var none T
	for _, i := range rec.Schema().FieldIndices(name) {
		if values, ok := rec.Column(i).(T); ok {
			return values
		}
	}
	return none
}

// field is a field of the structs in a list.
func field[T arrow.Array](of list, name string) T {
	var none T
	if of.List == nil {
		return none
	}
	elements, ok := of.ListValues().(*array.Struct)
	if !ok {
		return none
	}
	if i, ok := elements.DataType().(*arrow.StructType).FieldIdx(name); ok {
		if values, ok := elements.Field(i).(T); ok {
			return values
		}
	}
	return none
}

// list is a column of lists, perhaps none.
type list struct{ *array.List }

// at yields the places of a row's elements among all elements.
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
