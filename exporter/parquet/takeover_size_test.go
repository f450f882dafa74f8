package parquet

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// The rows before row groups that are taken over are in full row groups, of which the last
// two share the rest; the rows behind them are as in any file.
func TestRowsBeforeThoseTakenOverAreInRowGroupsOfHalfTheSizeAtLeast(t *testing.T) {
	table := schema.InboxConversations()
	for rows, want := range map[int][]int64{
		1: {1}, 300: {300}, 301: {151, 150}, 599: {300, 299}, 600: {300, 300}, 601: {300, 151, 150}, 1100: {300, 300, 250, 250},
	} {
		var out bytes.Buffer
		created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: exporter.ParquetOptions{RowGroupSize: groupRowsTest}})
		if err != nil {
			t.Fatal(err)
		}
		const behind = groupRowsTest + 1
		sink := created.(exporter.GroupSink)
		before, rest := recordtest.Plain(table, 0, rows), recordtest.Plain(table, rows, behind)
		if err := errors.Join(sink.Expect(int64(rows), 0), sink.Write(background(), before), sink.Expect(0, 0), sink.Write(background(), rest),
			sink.Finish([]byte(testManifest))); err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, group := range openFile(t, out.Bytes()).RowGroups() {
			got = append(got, group.NumRows())
		}
		if diff := cmp.Diff(append(want, groupRowsTest, 1), got); diff != "" {
			t.Errorf("%d rows (-want +got):\n%s", rows, diff)
		}
	}
}

// So they are where row groups are full of bytes before they are full of rows.
func TestRowsBeforeThoseTakenOverAreInRowGroupsOfHalfTheBytesAtLeast(t *testing.T) {
	table := schema.InboxConversations()
	write := func(groupBytes int, full float64, recs ...arrow.Record) (groups []int64, first int) {
		var out bytes.Buffer
		created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{})
		if err != nil {
			t.Fatal(err)
		}
		sink, rows := created.(*sink), int64(0)
		sink.pageRows, sink.groupBytes = 20, groupBytes
		for _, rec := range recs {
			rows += rec.NumRows()
		}
		err = sink.Expect(rows, full)
		for _, rec := range recs {
			err = errors.Join(err, sink.Write(background(), rec))
		}
		if err := errors.Join(err, sink.Expect(0, 0), sink.Finish([]byte(testManifest))); err != nil {
			t.Fatal(err)
		}
		for _, group := range openFile(t, out.Bytes()).Metadata().RowGroups {
			groups = append(groups, group.NumRows)
		}
		return groups, int(openFile(t, out.Bytes()).Metadata().RowGroups[0].TotalCompressedSize)
	}
	some := recordtest.Plain(table, 0, groupRowsTest)
	_, size := write(RowGroupBytes, 1, some)
	for rows, want := range map[int][]int64{
		300: {300}, 303: {303}, 360: {360}, 420: {210, 210}, 580: {290, 290}, 600: {300, 300}, 605: {303, 302},
	} {
		got, _ := write(size-100, float64(rows)/groupRowsTest, recordtest.Plain(table, 0, rows))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d rows (-want +got):\n%s", rows, diff)
		}
	}

	// The last of them may be larger than the others were: they do not wait in memory.
	large := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer large.Release()
	random := rand.NewChaCha8([32]byte{})
	for row := groupRowsTest; row < groupRowsTest+60; row++ {
		for i, column := range table.Columns {
			if column.Role != schema.RoleExtra {
				recordtest.AppendPlain(large.Field(i), column, row)
				continue
			}
			text := make([]byte, size/10)
			_, _ = random.Read(text) // never fails
			large.Field(i).(*array.StringBuilder).Append(hex.EncodeToString(text))
		}
	}
	if got, first := write(size-100, 1, some, large.NewRecord()); len(got) == 1 || first > 4*size {
		t.Errorf("row groups of %d rows, the first of %d bytes, where %d end it", got, first, size)
	}
}
