package parquet

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

var errFull = errors.New("no space left on device")

// fullDisk takes so many bytes and then fails.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.left {
		n := d.left
		d.left = 0
		return n, errFull
	}
	d.left -= len(p)
	return len(p), nil
}

func TestAnErrorOfTheWriterAtAnyByteIsReturned(t *testing.T) {
	table := recordtest.Small()
	rec := recordtest.Plain(table, 0, 5)
	write := func(w io.Writer, buffer int) error {
		created, err := Format{}.create(w, newFile(t, table, exporter.ParquetOptions{}), exporter.Export{Parquet: exporter.ParquetOptions{Compression: "none"}}, buffer)
		if err != nil {
			t.Fatal(err)
		}
		created.groupRows = 3
		return errors.Join(created.Write(t.Context(), rec), created.Finish([]byte("{}")))
	}
	var whole bytes.Buffer
	if err := write(&whole, 0); err != nil {
		t.Fatal(err)
	}
	size := whole.Len()
	if err := write(&fullDisk{size}, 0); err != nil {
		t.Fatalf("room for all %d bytes: %v", size, err)
	}
	for limit := size - 1; limit >= 0; limit -= step() {
		for _, buffer := range []int{0, 64} {
			if err := write(&fullDisk{limit}, buffer); !errors.Is(err, errFull) {
				t.Fatalf("full after %d of %d bytes with a buffer of %d: %v", limit, size, buffer, err)
			}
		}
	}
}

func TestWhatIsNoRecordOfTheTableIsRefused(t *testing.T) {
	table := schema.InboxConversations()
	good := recordtest.Plain(table, 0, 2)
	for name, test := range map[string]struct {
		rec  func() arrow.Record
		want string
	}{
		"too few columns": {func() arrow.Record {
			return array.NewRecord(arrow.NewSchema(table.Arrow().Fields()[:3], nil), good.Columns()[:3], 2)
		}, "3 columns instead of 21"},
		"another name": {func() arrow.Record {
			fields := slices.Clone(table.Arrow().Fields())
			fields[1].Name = "tema_id"
			return array.NewRecord(arrow.NewSchema(fields, nil), good.Columns(), 2)
		}, `column 2 is "tema_id"`},
		"another type": {func() arrow.Record {
			fields, columns := slices.Clone(table.Arrow().Fields()), slices.Clone(good.Columns())
			fields[0].Type, columns[0] = fields[6].Type, columns[6]
			return array.NewRecord(arrow.NewSchema(fields, nil), columns, 2)
		}, `"id" of type bool`},
		"null in a required column": {func() arrow.Record {
			columns := slices.Clone(good.Columns())
			columns[0] = array.MakeArrayOfNull(memory.DefaultAllocator, arrow.BinaryTypes.String, 2)
			return array.NewRecord(table.Arrow(), columns, 2)
		}, "required"},
	} {
		t.Run(name, func(t *testing.T) {
			created, err := Format{}.Create(new(bytes.Buffer), table, exporter.Export{})
			if err != nil {
				t.Fatal(err)
			}
			err = created.Write(t.Context(), test.rec())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("write: %v", err)
			}
			if finished := created.Finish(nil); finished == nil {
				t.Error("the file can be finished")
			}
		})
	}
}

func TestAFinishedFileTakesNoMore(t *testing.T) {
	table := schema.InboxConversations()
	created, err := Format{}.Create(new(bytes.Buffer), table, exporter.Export{})
	if err != nil {
		t.Fatal(err)
	}
	if err := created.Finish(nil); err != nil {
		t.Fatal(err)
	}
	if err := created.Write(t.Context(), recordtest.Plain(table, 0, 1)); !errors.Is(err, errFinished) {
		t.Errorf("write: %v", err)
	}
	if err := created.Finish(nil); !errors.Is(err, errFinished) {
		t.Errorf("finish: %v", err)
	}
}

func TestCheckSchemaNamesTheFirstDifference(t *testing.T) {
	for want, change := range map[string]func(columns []schema.Column) []schema.Column{
		"":                             func(c []schema.Column) []schema.Column { return c },
		`"team_id" is missing`:         func(c []schema.Column) []schema.Column { return c[:1] },
		`column 2 of the table is "x"`: func(c []schema.Column) []schema.Column { c[1].Name = "x"; return c },
		`column 1 of the table is "team_id" instead of "id"`: func(c []schema.Column) []schema.Column {
			c[0], c[1] = c[1], c[0]
			return c
		},
		`column "team_id" is "required BYTE_ARRAY`:      func(c []schema.Column) []schema.Column { c[1].Required = true; return c },
		`column "created_at" is "optional BYTE_ARRAY`:   func(c []schema.Column) []schema.Column { c[4].Type = schema.String; return c },
		`instead of "optional BYTE_ARRAY STRING id=20"`: func(c []schema.Column) []schema.Column { c[19].Type = schema.Bool; return c },
		`id=99" instead of "`:                           func(c []schema.Column) []schema.Column { c[3].ID = 99; return c },
		`column "users.list.element.sender" is "optional BOOLEAN id=77`: func(c []schema.Column) []schema.Column {
			element := *c[16].Elem
			element.Fields = slices.Clone(element.Fields)
			element.Fields[1].ID = 77
			c[16].Elem = &element
			return c
		},
		`unexpected column "phone" in "contact"`: func(c []schema.Column) []schema.Column {
			c[18].Fields = append(slices.Clone(c[18].Fields), schema.Column{Name: "phone", Type: schema.String, ID: 34})
			return c
		},
		`unexpected column "more" in the table`: func(c []schema.Column) []schema.Column {
			return append(c, schema.Column{Name: "more", Type: schema.Bool, ID: 40})
		},
	} {
		table := schema.InboxConversations()
		other := &schema.Table{Name: table.Name, Version: table.Version, Columns: change(slices.Clone(table.Columns))}
		file := encode(t, other, 0, "")
		opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		err = opened.CheckSchema(table)
		if want == "" {
			if err != nil {
				t.Errorf("the same schema: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || exporter.Hint(err) == "" {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}
