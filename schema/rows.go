package schema

import (
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"
)

// rows turns conversations into rows, one at a time. What a value means for
// its column is decided here and nowhere else.
type rows struct {
	record    *array.RecordBuilder
	row       *object
	extra     extra
	surprises *surprises
	text      []byte
}

func newRows(table *Table, mem memory.Allocator, surprises *surprises) *rows {
	record := array.NewRecordBuilder(mem, table.Arrow())
	return &rows{
		record:    record,
		row:       newObject("", table.Columns, record.Field),
		surprises: surprises,
	}
}

// release drops everything appended since the last record. rows is of no use
// afterwards.
func (r *rows) release() { r.record.Release() }

// take returns the record of what was appended.
func (r *rows) take() arrow.Record { return r.record.NewRecord() }

// append adds the row of one JSON object. The reason is "" or says why the
// object can not be a row; then nothing was appended.
func (r *rows) append(conversation []byte, fetchedAt time.Time) (reason string, err error) {
	if err := r.row.read(conversation); err != nil {
		return "", err
	}
	for i := range r.row.fields {
		column := r.row.fields[i].column
		if column.Required && column.Key != "" && !r.present(r.row.value(i)) {
			return "has no " + column.Key + " that is a non-empty string", nil
		}
	}
	r.extra.reset()
	if err := r.members(r.row); err != nil {
		return "", err
	}
	for i := range r.row.fields {
		if f := &r.row.fields[i]; f.column.Key == "" {
			r.derived(f, fetchedAt)
		}
	}
	return "", nil
}

func (r *rows) present(value []byte) bool {
	return value != nil && kindOf(value) == jsontext.KindString && len(value) > len(`""`)
}

// derived fills a column that has no key: of the JSON type it is what is left
// over, of the timestamp type the time of the page.
func (r *rows) derived(f *field, fetchedAt time.Time) {
	switch builder := f.builder.(type) {
	case *array.StringBuilder:
		if rest := r.extra.close(); len(rest) > 0 {
			builder.BinaryBuilder.Append(rest)
			return
		}
	case *array.TimestampBuilder:
		builder.Append(arrow.Timestamp(fetchedAt.UnixMicro()))
		return
	}
	f.builder.AppendNull()
}

// members appends the fields of the object that o has read.
func (r *rows) members(o *object) error {
	for i := range o.members {
		if err := r.member(o, &o.members[i]); err != nil {
			return err
		}
	}
	for i := range o.fields {
		if f := &o.fields[i]; o.known[i] < 0 && f.column.Key != "" {
			r.null(f)
		}
	}
	return nil
}

func (r *rows) member(o *object, m *member) error {
	back := r.extra.enter(m.name)
	defer r.extra.leave(back)
	if m.field < 0 {
		r.surprises.field(o.path, m.name, "")
	}
	if m.earlier != nil {
		r.surprises.field(o.path, m.name, "duplicate")
		r.extra.keepAll(m.earlier, m.value)
		r.extra.silent++
		defer func() { r.extra.silent-- }()
	}
	if m.field < 0 {
		r.extra.keep(m.value)
		return nil
	}
	return r.value(&o.fields[m.field], m.value)
}

// value appends a value to its column: as it is where it fits, else null.
func (r *rows) value(f *field, value []byte) error {
	kind := kindOf(value)
	switch {
	case kind == jsontext.KindNull:
		r.null(f)
	case f.column.Type == String && kind == jsontext.KindString:
		r.string(f, value)
	case f.column.Type == Timestamp && kind == jsontext.KindString:
		r.timestamp(f, value)
	case f.column.Type == Bool && (kind == jsontext.KindTrue || kind == jsontext.KindFalse):
		f.builder.(*array.BooleanBuilder).Append(kind == jsontext.KindTrue)
	case f.column.Type == List && kind == jsontext.KindBeginArray:
		return r.list(f, value)
	case f.column.Type == Struct && kind == jsontext.KindBeginObject:
		f.builder.(*array.StructBuilder).Append(true)
		if err := f.object.read(value); err != nil {
			return err
		}
		return r.members(f.object)
	default:
		f.builder.AppendNull()
		r.surprises.value(f.column.Path, kindName(kind))
		r.extra.keep(value)
	}
	return nil
}

// null appends an absent or null value.
func (r *rows) null(f *field) {
	if f.column.AbsentFalse {
		f.builder.(*array.BooleanBuilder).Append(false)
		return
	}
	f.builder.AppendNull()
}

// string appends a JSON string. What is no Unicode is U+FFFD in the column.
func (r *rows) string(f *field, value []byte) {
	var err error
	r.text, err = jsontext.AppendUnquote(r.text[:0], value)
	if err != nil {
		r.surprises.value(f.column.Path, "not Unicode")
		r.extra.keepBytes(value[1 : len(value)-1])
	}
	f.builder.(*array.StringBuilder).BinaryBuilder.Append(r.text)
}

// timestamp appends the instant a JSON string names, null if it names none.
func (r *rows) timestamp(f *field, value []byte) {
	r.text, _ = jsontext.AppendUnquote(r.text[:0], value)
	micros, lost := parseTimestamp(r.text)
	if lost != "" {
		r.surprises.value(f.column.Path, lost)
		r.extra.keep(value)
	}
	if lost == notATimestamp {
		f.builder.AppendNull()
		return
	}
	f.builder.(*array.TimestampBuilder).Append(arrow.Timestamp(micros))
}

func (r *rows) list(f *field, value []byte) error {
	f.builder.(*array.ListBuilder).Append(true)
	f.reader.reset(value)
	if err := f.reader.bracket(); err != nil {
		return err
	}
	for i := 0; f.reader.more(); i++ {
		element, err := f.reader.next()
		if err != nil {
			return err
		}
		back := r.extra.enterIndex(i)
		if err := r.value(f.elem, element); err != nil {
			return err
		}
		r.extra.leave(back)
	}
	return f.reader.bracket()
}
