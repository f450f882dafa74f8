package decode

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/schema"
)

const oddRow = `{"_id":"ibx_%d","teamId":1,"x":%d,"channels":["email",null],"users":[{"userId":"usr_%[1]d"},{}],"contact":null}`

func TestPagesAreBufferedForOneRecord(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	decoder := NewDecoder(schema.InboxConversations(), mem)
	var want []map[string]any
	for i := range 20 { // more than the bits of a byte
		body := pageOf(fmt.Sprintf(oddRow, i, i), fmt.Sprintf(`{"_id":"ibx_%d"}`, 100+i))
		single := mustDecode(t, body)
		want = append(want, rowOf(single.Record, 0), rowOf(single.Record, 1))
		page, err := decoder.Append(body, fetched)
		if err != nil || page.Record != nil {
			t.Fatal(page.Record, err)
		}
		if diff := cmp.Diff([]string{"teamId (number)", "x"}, page.UnknownFields); diff != "" {
			t.Error(diff)
		}
		if _, err := decoder.Append(pageOf(`{"_id":"ibx_200","channels":["a"]}`, `{}`), fetched); err == nil {
			t.Fatal("a page without an id")
		}
	}
	size := decoder.Size()
	rec := decoder.Take()
	defer rec.Release()
	if mem.CurrentAlloc() > size+64 {
		t.Errorf("%d bytes, announced were %d", mem.CurrentAlloc(), size)
	}
	var got []map[string]any
	for i := range int(rec.NumRows()) {
		got = append(got, rowOf(rec, i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTooManyBufferedRowsAreRefused(t *testing.T) {
	decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
	body := pageOf(`{"_id":"ibx_1"}`)
	if _, err := decoder.Append(body, fetched); err != nil {
		t.Fatal(err)
	}
	decoder.most = decoder.Size() - 1
	if _, err := decoder.Append(body, fetched); err == nil {
		t.Error("not refused")
	}
	rec := decoder.Take()
	defer rec.Release()
	if rec.NumRows() != 1 {
		t.Errorf("%d rows", rec.NumRows())
	}
}

// What a consumer keeps, the whole record or one column, is its own.
func TestRetainedMemoryNeverChanges(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	decoder := NewDecoder(schema.InboxConversations(), mem)
	decode := func(i int) arrow.Record {
		page, err := decoder.Decode(pageOf(fmt.Sprintf(oddRow, i, i)), fetched)
		if err != nil {
			t.Fatal(err)
		}
		return page.Record
	}
	first := decode(1)
	want := rowOf(first, 0)
	users := first.Column(16)
	users.Retain()
	defer users.Release()
	for i := range 5 {
		decode(100 + i).Release()
	}
	if diff := cmp.Diff(want, rowOf(first, 0)); diff != "" {
		t.Error(diff)
	}
	first.Release()
	decode(200).Release()
	if diff := cmp.Diff(want["users"], cell(users, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsAreValidArrow(t *testing.T) {
	body, err := os.ReadFile("../../testdata/get-many-inboxes.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{body, pageOf(), pageOf(fmt.Sprintf(oddRow, 1, 1))} {
		rec := mustDecode(t, body).Record
		for i, column := range rec.Columns() {
			if err := validArray(column); err != nil {
				t.Errorf("%s: %v", rec.ColumnName(i), err)
			}
		}
	}
}

// validArray checks lengths, offsets and counts of nulls.
func validArray(column arrow.Array) error {
	nulls := 0
	for i := range column.Len() {
		if column.IsNull(i) {
			nulls++
		}
	}
	if nulls != column.NullN() {
		return fmt.Errorf("%d nulls, said to be %d", nulls, column.NullN())
	}
	switch column := column.(type) {
	case *array.String:
		if offsets := column.ValueOffsets(); !slices.IsSorted(offsets) || offsets[0] != 0 || int(offsets[column.Len()]) != len(column.ValueBytes()) {
			return fmt.Errorf("offsets %v of %d bytes", offsets, len(column.ValueBytes()))
		}
	case *array.List:
		if offsets := column.Offsets(); !slices.IsSorted(offsets) || offsets[0] != 0 || int(offsets[column.Len()]) != column.ListValues().Len() {
			return fmt.Errorf("offsets %v of %d elements", offsets, column.ListValues().Len())
		}
		return validArray(column.ListValues())
	case *array.Struct:
		for i := range column.NumField() {
			if column.Field(i).Len() != column.Len() {
				return fmt.Errorf("field %d has %d of %d", i, column.Field(i).Len(), column.Len())
			}
			if err := validArray(column.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}
