package parquet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// groupRowsTest is the size of a row group in these tests.
const groupRowsTest = 300

// takenOver makes a file of the rows of another one: the row groups from one on, up to
// another, are taken over, and the rows of the others are written.
func takenOver(table *schema.Table, file []byte, from, to int, options exporter.ParquetOptions) (made []byte, err error) {
	opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	var out bytes.Buffer
	created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: options})
	if err != nil {
		return nil, err
	}
	write := func(from, to int) error {
		for rec, err := range opened.GroupRows(background(), table, from, to) {
			if err != nil {
				return err
			}
			if err := created.Write(background(), rec); err != nil {
				return err
			}
		}
		return nil
	}
	taker, err := created.(exporter.GroupSink).TakeFrom(opened)
	if err != nil {
		return nil, err
	}
	defer taker.Close()
	for _, do := range []func() error{
		func() error { return write(0, from) },
		func() error { return taker.Take(background(), from, to) },
		func() error { return write(to, opened.Groups()) },
		func() error { return taker.End(background()) },
		func() error { return created.Finish([]byte(testManifest)) },
	} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func grouped(t recordtest.T, table *schema.Table, options exporter.ParquetOptions, rows int) []byte {
	t.Helper()
	var out bytes.Buffer
	created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: options})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < rows; from += groupRowsTest {
		rec := recordtest.Plain(table, from, min(groupRowsTest, rows-from))
		if err := created.Write(background(), rec); err != nil {
			t.Fatal(err)
		}
		rec.Release()
	}
	if err := created.Finish([]byte(testManifest)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A row group that is taken over is the same, byte for byte, as one that is written, and
// so is all that describes it: statistics, bloom filters, page indexes, checksums.
func TestRowGroupsThatAreTakenOverAreAsIfWritten(t *testing.T) {
	table := schema.InboxConversations()
	for name, options := range map[string]exporter.ParquetOptions{
		"default":                  {},
		"compact, snappy":          {Encoding: exporter.EncodingCompact, Compression: "snappy"},
		"plain, uncompressed":      {Encoding: exporter.EncodingPlain, Compression: "none"},
		"gzip, JSON, no filter":    {Compression: "gzip", Extra: exporter.ExtraJSON, Bloom: []string{}},
		"filters of three columns": {Bloom: []string{"id", "contact.email", "users.user_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			options.RowGroupSize = groupRowsTest
			file := grouped(t, table, options, 4*groupRowsTest+7)
			for from := range 6 {
				for to := from; to < 6; to++ {
					made, err := takenOver(table, file, from, to, options)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(file, made) {
						t.Errorf("row groups %d to %d: %d bytes differ from the %d of a file that is written", from, to, len(made), len(file))
					}
				}
			}
		})
	}
}

// What precedes row groups that are taken over may be shorter or longer than it was.
func TestRowGroupsThatMoveCanBeRead(t *testing.T) {
	table := schema.InboxConversations()
	options := exporter.ParquetOptions{RowGroupSize: groupRowsTest}
	file := grouped(t, table, options, 3*groupRowsTest)
	opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, rows := range []int{0, 1, groupRowsTest + 50} {
		var out bytes.Buffer
		created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: options})
		if err != nil {
			t.Fatal(err)
		}
		first, rest := recordtest.Plain(table, 0, rows), recordtest.Plain(table, groupRowsTest, 2*groupRowsTest)
		taker, err := created.(exporter.GroupSink).TakeFrom(opened)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(created.Write(background(), first), taker.Take(background(), 1, 3), taker.End(background()),
			created.Finish([]byte(testManifest))); err != nil {
			t.Fatal(err)
		}
		taker.Close()
		made, err := open(bytes.NewReader(out.Bytes()), int64(out.Len()), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []arrow.Record
		for rec, err := range made.Verify(background(), table) {
			if err != nil {
				t.Fatal(err)
			}
			rec.Retain()
			got = append(got, rec)
		}
		made.Close()
		recordtest.Same(t, table, got, []arrow.Record{first, rest})
		known := openFile(t, out.Bytes())
		ids := known.RowGroups()[len(known.RowGroups())-1].ColumnChunks()[0]
		keys, err := table.Keys(rest)
		if err != nil {
			t.Fatal(err)
		}
		id := keys.ID(keys.Len() - 1)
		if found, err := ids.BloomFilter().Check(parquet.ValueOf(id)); err != nil || !found {
			t.Errorf("the bloom filter of the last row group does not hold %q: %v", id, err)
		}
		offsets, err := ids.OffsetIndex()
		if err != nil {
			t.Fatal(err)
		}
		if at := offsets.Offset(0); at >= int64(out.Len()) || at <= 0 {
			t.Errorf("its first page is at %d of %d", at, out.Len())
		}
	}
}

// Whatever byte of a file was changed: its row groups are taken over as they were, or not
// at all.
func TestNothingThatWasChangedIsTakenOver(t *testing.T) {
	table := schema.InboxConversations()
	options := exporter.ParquetOptions{RowGroupSize: groupRowsTest}
	file := grouped(t, table, options, 3*groupRowsTest)
	opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := firstPage(&opened.meta.RowGroups[1].Columns[0].MetaData), opened.end
	opened.Close()
	refused := 0
	for at := begin; at < end; at += 113 {
		changed := bytes.Clone(file)
		changed[at] ^= 0x10
		made, err := takenOver(table, changed, 1, 2, options)
		switch {
		case err == nil && !bytes.Equal(made, file):
			t.Fatalf("the byte at %d was changed and taken over", at)
		case err != nil && !errors.Is(err, errDamaged) && !errors.Is(err, exporter.ErrAltered) && !errors.Is(err, exporter.ErrTooLarge):
			t.Fatalf("the byte at %d was changed: %v", at, err)
		case err != nil:
			refused++
		}
	}
	if refused == 0 {
		t.Error("no change was noticed")
	}
}

func TestOnlyRowGroupsThatWouldBeWrittenAlikeAreTakenOver(t *testing.T) {
	table := schema.InboxConversations()
	options := exporter.ParquetOptions{RowGroupSize: groupRowsTest}
	file := grouped(t, table, options, 3*groupRowsTest+1)
	narrow, err := table.Select(schema.Selection{Exclude: []string{"contact.email"}})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	for name, test := range map[string]struct {
		file    []byte
		version string
		table   *schema.Table
		options exporter.ParquetOptions
		memory  int64
	}{
		"the same":               {file, "1.2.3", table, options, 0},
		"another level":          {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: groupRowsTest, Level: 9}, 0},
		"another version":        {file, "1.2.4", table, options, 0},
		"another compression":    {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: groupRowsTest, Compression: "gzip"}, 0},
		"another encoding":       {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: groupRowsTest, Encoding: exporter.EncodingCompact}, 0},
		"another type of extra":  {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: groupRowsTest, Extra: exporter.ExtraJSON}, 0},
		"other filters":          {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: groupRowsTest, Bloom: []string{"id", "contact.id"}}, 0},
		"other columns":          {file, "1.2.3", narrow, options, 0},
		"row groups too large":   {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: groupRowsTest - 1}, 0},
		"row groups half as big": {file, "1.2.3", table, exporter.ParquetOptions{RowGroupSize: 2 * groupRowsTest}, 0},
		"a footer too large":     {file, "1.2.3", table, options, 400 << 10},
	} {
		opened, err := open(bytes.NewReader(test.file), int64(len(test.file)), exporter.NewBudget(test.memory))
		if err != nil {
			t.Fatal(err)
		}
		created, err := Format{Version: test.version}.Create(new(bytes.Buffer), test.table, exporter.Export{Parquet: test.options})
		if err != nil {
			t.Fatal(err)
		}
		for _, fit := range created.(exporter.GroupSink).Fits(opened) {
			if fit.Alike {
				got[name]++
			}
		}
		opened.Close()
	}
	want := map[string]int{
		"the same": 4, "another level": 4, "row groups half as big": 4, "row groups too large": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row groups that are taken over (-want +got):\n%s", diff)
	}
}

// The keys of a row group are read without the other columns.
func TestKeysAreThoseOfTheRowsOfAGroup(t *testing.T) {
	table := schema.InboxConversations()
	file := grouped(t, table, exporter.ParquetOptions{RowGroupSize: groupRowsTest}, 2*groupRowsTest)
	opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	reader, err := opened.Keys(table)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, group := range []int{1, 0, 1} {
		rec := recordtest.Plain(table, group*groupRowsTest, groupRowsTest)
		want, err := table.Keys(rec)
		if err != nil {
			t.Fatal(err)
		}
		row := 0
		for keys, err := range reader.Of(background(), group) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range keys.Len() {
				if keys.At(i) != want.At(row) {
					t.Fatalf("group %d, row %d: %+v instead of %+v", group, row, keys.At(i), want.At(row))
				}
				row++
			}
		}
		if row != groupRowsTest {
			t.Errorf("group %d: %d keys", group, row)
		}
		rec.Release()
	}
}

// A file is not finished before all of the one that row groups came from was checked.
func TestAFileWithUncheckedRowGroupsIsNotFinished(t *testing.T) {
	table := schema.InboxConversations()
	options := exporter.ParquetOptions{RowGroupSize: groupRowsTest}
	file := grouped(t, table, options, 2*groupRowsTest)
	opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	created, err := Format{Version: "1.2.3"}.Create(new(bytes.Buffer), table, exporter.Export{Parquet: options})
	if err != nil {
		t.Fatal(err)
	}
	taker, err := created.(exporter.GroupSink).TakeFrom(opened)
	if err != nil {
		t.Fatal(err)
	}
	defer taker.Close()
	if err := taker.Take(background(), 0, 1); err != nil {
		t.Fatal(err)
	}
	if err := created.Finish([]byte(testManifest)); err == nil {
		t.Error("the file is finished")
	}
}
