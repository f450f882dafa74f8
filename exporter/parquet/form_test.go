package parquet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// A catalog that numbers the columns of a file afresh would read one column for
// another where ids have gaps.
func TestAFileWithoutSomeColumnsStatesNoFieldIDs(t *testing.T) {
	whole := schema.InboxConversations()
	for name, test := range map[string]struct {
		selection schema.Selection
		ids       bool
	}{
		"everything":         {schema.Selection{}, true},
		"hashed":             {schema.Selection{Hash: []string{"contact.email", "users.user_id"}}, true},
		"without a column":   {schema.Selection{Exclude: []string{"extra"}}, false},
		"without a field":    {schema.Selection{Exclude: []string{"users.read"}}, false},
		"without the last":   {schema.Selection{Exclude: []string{"contact.email"}}, false},
		"without and hashed": {schema.Selection{Exclude: []string{"contact"}, Hash: []string{"team_id"}}, false},
	} {
		table, err := whole.Select(test.selection)
		if err != nil {
			t.Fatal(err)
		}
		rec := recordtest.Plain(table, 0, 3)
		file := encode(t, table, 0, "", rec)
		for _, element := range openFile(t, file).Metadata().Schema[1:] {
			if element.Name != listGroup && (element.FieldID != 0) != test.ids {
				t.Errorf("%s: column %q has the id %d", name, element.Name, element.FieldID)
			}
		}
		text, _ := openFile(t, file).Lookup(ArrowSchemaKey)
		stream, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(stream, []byte(schema.MetaFieldID)) != test.ids {
			t.Errorf("%s: the arrow schema has ids: %t", name, !test.ids)
		}
		got, err := decode(table, file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		recordtest.Same(t, table, got, []arrow.Record{rec})
	}
}

// An earlier version stated ids with gaps.
func TestAFileWithIDsThatHaveGapsIsRead(t *testing.T) {
	table, err := schema.InboxConversations().Select(schema.Selection{Exclude: []string{"extra", "contact.id"}})
	if err != nil {
		t.Fatal(err)
	}
	rec := recordtest.Plain(table, 0, 5)
	var out bytes.Buffer
	created, err := Format{}.create(&out, newLayout(table, legacyForm()), exporter.Export{}, writeBuffer)
	if err == nil {
		err = errors.Join(created.Write(t.Context(), rec), created.Finish([]byte(testManifest)))
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(table, out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Same(t, table, got, []arrow.Record{rec})
}

// Whatever form a file has, its rows come back, from our reader and from the library's.
func TestEveryFormComesBack(t *testing.T) {
	tables := []*schema.Table{schema.InboxConversations(), recordtest.Small(), nested()}
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.SampledFrom(tables).Draw(t, "table")
		rec := recordtest.Any(t, table, rapid.IntRange(1, 12).Draw(t, "rows"))
		options := drawOptions(t)
		options.Bloom = []string{}
		file := encodePages(t, table, options, rapid.IntRange(1, 12).Draw(t, "page rows"), rec)
		got, err := decode(table, file)
		if err != nil {
			t.Fatal(err)
		}
		recordtest.Same(t, table, got, []arrow.Record{rec})
		opened := openFile(t, file)
		for _, group := range opened.RowGroups() {
			for _, chunk := range group.ColumnChunks() {
				for range valuesOf(t, chunk) { // the library decodes it
				}
			}
		}
	})
}

// Readers that know no delta encodings of text read the default, and those that
// know none at all read plain.
func TestAnEncodingHasNoneOfTheOthers(t *testing.T) {
	table := schema.InboxConversations()
	common := []format.Encoding{format.Plain, format.RLE, format.RLEDictionary}
	for encoding, more := range map[string][]format.Encoding{
		"":                        {format.DeltaBinaryPacked},
		exporter.EncodingPortable: {format.DeltaBinaryPacked},
		exporter.EncodingCompact:  {format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray},
		exporter.EncodingPlain:    {},
	} {
		var found []format.Encoding
		file := openFile(t, encodePages(t, table, exporter.ParquetOptions{Encoding: encoding}, 500, recordtest.Plain(table, 0, 2000)))
		for _, column := range file.Metadata().RowGroups[0].Columns {
			for _, stats := range column.MetaData.EncodingStats {
				found = append(found, stats.Encoding)
			}
			for _, used := range column.MetaData.Encoding {
				if !slices.Contains(append(more, common...), used) {
					t.Errorf("%q: %s in column %s", encoding, used, column.MetaData.PathInSchema)
				}
			}
		}
		for _, one := range append(more, format.Plain, format.RLEDictionary) {
			if !slices.Contains(found, one) {
				t.Errorf("%q: no page is %s", encoding, one)
			}
		}
	}
}

// Times that repeat have a dictionary in plain files, which is given up where they do not.
func TestTimesHaveADictionary(t *testing.T) {
	table := recordtest.Small()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range 3000 {
		for i, column := range table.Columns {
			if column.Role != schema.RoleVersion {
				recordtest.AppendPlain(builder.Field(i), column, row)
				continue
			}
			times := builder.Field(i).(*array.TimestampBuilder)
			if row%7 == 0 {
				times.AppendNull()
				continue
			}
			times.Append(arrow.Timestamp(3000 - row/100 - row/2000*row))
		}
	}
	rec := builder.NewRecord()
	file := encodePages(t, table, exporter.ParquetOptions{Encoding: exporter.EncodingPlain}, 1000, rec)
	stats := openFile(t, file).Metadata().RowGroups[0].Columns[2].MetaData.EncodingStats
	want := []format.PageEncodingStats{
		{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1},
		{PageType: format.DataPageV2, Encoding: format.Plain, Count: 1},
		{PageType: format.DataPageV2, Encoding: format.RLEDictionary, Count: 2},
	}
	if !slices.Equal(stats, want) {
		t.Errorf("the times are in %v", stats)
	}
	got, err := decode(table, file)
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Same(t, table, got, []arrow.Record{rec})
}

// Damaged times are refused, whatever their encoding.
func FuzzAnyBodyOfTimesIsDecodedOrRefused(f *testing.F) {
	encodings := []encoding.Encoding{&parquet.Plain, &parquet.DeltaBinaryPacked, &parquet.RLEDictionary}
	f.Add(uint8(0), uint16(2), make([]byte, 16))
	for kind, with := range encodings {
		body, err := with.EncodeInt64(nil, []int64{5, -5, 1 << 60})
		if kind == 2 {
			body, err = with.EncodeInt32(nil, []int32{0, 1, 1})
		}
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(kind), uint16(3), body)
	}
	f.Fuzz(func(t *testing.T, kind uint8, count uint16, body []byte) {
		with := encodings[int(kind)%len(encodings)]
		buffer := &timeBuffer{dictionary: []int64{7, -7}}
		var data page
		data.Encoding, data.body = with.Encoding(), slack(body)
		if err := buffer.decode(new(pageDecoder), &data, int(count)); err != nil {
			if !errors.Is(err, errDamaged) {
				t.Errorf("%v is not of damage", err)
			}
			return
		}
		if buffer.len() != int(count) {
			t.Errorf("%d times instead of %d", buffer.len(), count)
		}
	})
}

// Whatever JSON can be is text: numbers beyond every float, and depths that no parser goes to.
func TestExtraIsTextOfAnyKind(t *testing.T) {
	table := recordtest.Small()
	values := []string{
		`{"a":1e400}`, `{"a":-1E-99999999999}`, `{"a":123456789012345678901234567890.5}`,
		`{"a":` + strings.Repeat("[", 1100) + strings.Repeat("]", 1100) + `}`,
		`{"a":1,"a":2}`, `{"\u0000":"\ud800"}`, "{\"􏿿\":\" \"}", `{}`,
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row, value := range values {
		for i, column := range table.Columns {
			if column.Type == schema.JSON {
				builder.Field(i).(*array.StringBuilder).Append(value)
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row)
		}
	}
	rec := builder.NewRecord()
	for extra, want := range map[string]string{"": "STRING", exporter.ExtraString: "STRING", exporter.ExtraJSON: "JSON"} {
		file := encodePages(t, table, exporter.ParquetOptions{Extra: extra}, PageRows, rec)
		root := openFile(t, file).Root()
		if got := describe(root.Fields()[6], true); got != "optional BYTE_ARRAY "+want+" id=11" {
			t.Errorf("%q: extra is %s", extra, got)
		}
		got, err := decode(table, file)
		if err != nil {
			t.Fatalf("%q: %v", extra, err)
		}
		recordtest.Same(t, table, got, []arrow.Record{rec})
	}
}

func TestAFormThatIsUnknownIsAnError(t *testing.T) {
	for _, options := range []exporter.ParquetOptions{{Encoding: "fast"}, {Extra: "variant"}} {
		if _, err := (Format{}).Create(new(bytes.Buffer), recordtest.Small(), exporter.Export{Parquet: options}); err == nil || exporter.Hint(err) == "" {
			t.Errorf("%+v: %v", options, err)
		}
	}
}
