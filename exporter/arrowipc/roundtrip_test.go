package arrowipc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

func TestEveryRecordComesBackEqualHoweverItWasSplit(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 24).Draw(t, "rows")
		rec := recordtest.Any(t, table, rows)
		cuts := rapid.SliceOfN(rapid.IntRange(0, rows), 0, 4).Draw(t, "cuts")
		slices.Sort(cuts)
		compression := rapid.SampledFrom(compressions).Draw(t, "compression")

		got, err := decode(table, encode(t, table, compression, recordtest.Split(rec, cuts)...))
		if err != nil {
			t.Fatal(err)
		}
		recordtest.Same(t, table, got, []arrow.Record{rec})
	})
}

func TestTheSameRecordsGiveTheSameBytes(t *testing.T) {
	table := schema.InboxConversations()
	for _, compression := range compressions {
		rec := recordtest.Plain(table, 0, 3000)
		if !bytes.Equal(encode(t, table, compression, rec), encode(t, table, compression, rec)) {
			t.Errorf("%q: the files differ", compression)
		}
	}
}

func TestRecordsAreBounded(t *testing.T) {
	table := schema.InboxConversations()
	want := recordtest.Plain(table, 0, batchRows+1)
	got, err := decode(table, encode(t, table, "", want))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].NumRows() != batchRows || got[1].NumRows() != 1 {
		t.Errorf("%d records, the first of %d rows", len(got), got[0].NumRows())
	}
	recordtest.Same(t, table, got, []arrow.Record{want})
}

// The manifest is where arrow-go, pyarrow and polars look: in the footer's schema.
func TestTheFooterHoldsTheManifestAndTheRows(t *testing.T) {
	table := schema.InboxConversations()
	file := encode(t, table, "", recordtest.Plain(table, 0, 9))
	reader, err := ipc.NewFileReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	metadata := reader.Schema().Metadata()
	for key, want := range map[string]string{
		exporter.ManifestKey: manifest, RowsKey: "9", schema.MetaTable: table.Name, schema.MetaFingerprint: table.Fingerprint(),
	} {
		if got, _ := metadata.GetValue(key); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	if got := reader.Schema().Fields(); !slices.EqualFunc(got, table.Arrow().Fields(), arrow.Field.Equal) {
		t.Errorf("the fields are %v", got)
	}
	stream, err := ipc.NewReader(bytes.NewReader(file[head:]))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Release()
	if !slices.EqualFunc(stream.Schema().Fields(), table.Arrow().Fields(), arrow.Field.Equal) {
		t.Error("the schema at the start has other fields than that in the footer")
	}
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if string(opened.Manifest()) != manifest || opened.Rows() != 9 {
		t.Errorf("manifest %s, %d rows", opened.Manifest(), opened.Rows())
	}
}

// Readers of streams go on until the end mark, which the footer follows.
func TestAFileIsAStreamThatEnds(t *testing.T) {
	table := schema.InboxConversations()
	for _, rows := range []int{0, 1, batchRows + 1} {
		for _, compression := range compressions {
			want := recordtest.Plain(table, 0, rows)
			file := encode(t, table, compression, want)
			from := bytes.NewReader(file[head:])
			stream, err := ipc.NewReader(from)
			if err != nil {
				t.Fatal(err)
			}
			var got []arrow.Record
			for stream.Next() {
				stream.Record().Retain()
				got = append(got, stream.Record())
			}
			if err := stream.Err(); err != nil {
				t.Errorf("%d rows, %q: %v", rows, compression, err)
			}
			recordtest.Same(t, table, got, []arrow.Record{want})
			footer := footerAt(file)
			if end := len(file) - from.Len(); end != footer || end%8 != 0 || !bytes.HasSuffix(file[:footer], []byte(endOfStream)) {
				t.Errorf("%d rows, %q: the stream ends at %d, the footer begins at %d", rows, compression, end, footer)
			}
			stream.Release()
		}
	}
}

func TestAFileWithoutFieldIDsIsOneWithoutSomeColumns(t *testing.T) {
	for name, exclude := range map[string][]string{"all": nil, "some": {"users.read"}} {
		table, err := schema.InboxConversations().Select(schema.Selection{Exclude: exclude, Hash: []string{"team_id"}})
		if err != nil {
			t.Fatal(err)
		}
		if file := encode(t, table, "", recordtest.Plain(table, 0, 2)); bytes.Contains(file, []byte(schema.MetaFieldID)) != (exclude == nil) {
			t.Errorf("%s: there are ids: %t", name, exclude != nil)
		}
	}
}

// counting counts the bytes that are read.
type counting struct {
	io.ReaderAt
	read int
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.read += n
	return n, err
}

func TestOpenReadsTheFooterOnly(t *testing.T) {
	table := schema.InboxConversations()
	file := encode(t, table, "", recordtest.Plain(table, 0, 20_000))
	from := &counting{ReaderAt: bytes.NewReader(file)}
	if _, err := (Format{}).Open(from, int64(len(file))); err != nil {
		t.Fatal(err)
	}
	if from.read > len(file)/20 {
		t.Errorf("%d of %d bytes are read to open the file", from.read, len(file))
	}
}

func TestASelectedTableComesBack(t *testing.T) {
	table, err := schema.InboxConversations().Select(schema.Selection{Exclude: []string{"contact.full_name", "extra"}, Hash: []string{"contact.email"}})
	if err != nil {
		t.Fatal(err)
	}
	want := recordtest.Plain(table, 0, 30)
	file := encode(t, table, "", want)
	got, err := decode(table, file)
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Same(t, table, got, []arrow.Record{want})
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.CheckSchema(schema.InboxConversations()); err == nil {
		t.Error("a table without columns passes for the whole one")
	}
	open, err := schema.InboxConversations().Select(schema.Selection{Exclude: []string{"contact.full_name", "extra"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.CheckSchema(open); err == nil || !strings.Contains(err.Error(), "contact.email") {
		t.Errorf("a hashed column passes for one that is not: %v", err)
	}
}

func TestWhatDoesNotFitIsAnError(t *testing.T) {
	table := schema.InboxConversations()
	null := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	for i := range table.Columns {
		null.Field(i).AppendNull()
	}
	for name, rec := range map[string]arrow.Record{
		"another table":             recordtest.Plain(recordtest.Small(), 0, 1),
		"null in a required column": null.NewRecord(),
	} {
		created, err := Format{}.Create(new(bytes.Buffer), table, options(""))
		if err != nil {
			t.Fatal(err)
		}
		if err := created.Write(t.Context(), rec); err == nil {
			t.Errorf("%s is written", name)
		}
		if err := created.Finish(nil); err == nil {
			t.Errorf("%s: the file is finished", name)
		}
	}
	if _, err := (Format{}).Create(new(bytes.Buffer), table, options("brotli")); exporter.Hint(err) == "" {
		t.Errorf("an unknown compression: %v", err)
	}
}

func TestACancelledContextStopsWritingAndReading(t *testing.T) {
	table := schema.InboxConversations()
	rec := recordtest.Plain(table, 0, 10)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	created, err := Format{}.Create(new(bytes.Buffer), table, options(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := created.Write(cancelled, rec); !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
	file := encode(t, table, "", rec)
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range opened.Records(cancelled, table) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read: %v", err)
		}
	}
}

var errFull = errors.New("no space left on device")

// fullDisk takes so many bytes and then fails.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestAnErrorOfTheWriterIsReturned(t *testing.T) {
	table := recordtest.Small()
	rec := recordtest.Plain(table, 0, 2000)
	size := len(encode(t, table, "none", rec))
	for limit := size; limit >= 0; limit -= 1 + size/200 {
		created, err := Format{}.Create(&fullDisk{limit}, table, options("none"))
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(created.Write(t.Context(), rec), created.Finish([]byte(manifest)))
		if full := limit < size; errors.Is(err, errFull) != full {
			t.Fatalf("room for %d of %d bytes: %v", limit, size, err)
		}
	}
}
