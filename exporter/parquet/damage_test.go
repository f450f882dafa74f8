package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// everyByte makes the tests of damaged files and full disks try every byte: a minute instead of a second.
var everyByte = flag.Bool("every-byte", false, "damage and cut files at every byte")

// step is how far apart the bytes are that are tried.
func step() int {
	if *everyByte {
		return 1
	}
	return 61
}

// damageRows makes a file small enough to be damaged at every byte.
const damageRows = 6

func TestATruncatedFileIsAnError(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, 4, "", recordtest.Plain(table, 0, damageRows))
	for size := range file {
		if _, err := decode(table, file[:size]); err == nil {
			t.Fatalf("the first %d of %d bytes are read without an error", size, len(file))
		}
	}
}

// A flipped bit is an error or changes nothing that is read: page bodies have
// checksums, and what the footer and the headers say must agree.
func TestAFlippedByteIsAnErrorOrHarmless(t *testing.T) {
	table := recordtest.Small()
	want := recordtest.Plain(table, 0, damageRows)
	for _, compression := range []string{"zstd", "none"} {
		file := encode(t, table, 4, compression, want)
		random := rand.New(rand.NewPCG(1, 2))
		for at := 0; at < len(file); at += 1 + random.IntN(step()) {
			for _, mask := range []byte{1 << random.IntN(8), byte(1 + random.IntN(255))} {
				damaged := bytes.Clone(file)
				damaged[at] ^= mask
				checkDamaged(t, table, damaged, want, at, mask)
			}
		}
	}
}

func checkDamaged(t *testing.T, table *schema.Table, damaged []byte, want arrow.Record, at int, mask byte) {
	t.Helper()
	got, err := decode(table, damaged)
	if err != nil {
		return
	}
	back := recordtest.Join(t, table, got)
	for i, column := range table.Columns {
		if !array.Equal(back.Column(i), want.Column(i)) {
			t.Errorf("byte %d xor %#x: column %s reads as\n%v\ninstead of\n%v", at, mask, column.Name, back.Column(i), want.Column(i))
		}
	}
}

func TestAPageHeaderThatLiesIsAnError(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, 0, "none", recordtest.Plain(table, 0, damageRows))
	for name, lie := range map[string]func(header *format.PageHeader){
		"its type":                        func(h *format.PageHeader) { h.Type = format.DataPage },
		"its size":                        func(h *format.PageHeader) { h.UncompressedPageSize++ },
		"its compressed size":             func(h *format.PageHeader) { h.CompressedPageSize++ },
		"its number of values":            func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumValues++ },
		"its number of nulls":             func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumNulls++ },
		"its number of rows":              func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumRows-- },
		"its encoding":                    func(h *format.PageHeader) { h.DataPageHeaderV2.V.Encoding = format.ByteStreamSplit },
		"the length of definition levels": func(h *format.PageHeader) { h.DataPageHeaderV2.V.DefinitionLevelsByteLength++ },
		"the length of repetition levels": func(h *format.PageHeader) { h.DataPageHeaderV2.V.RepetitionLevelsByteLength++ },
		"its compression":                 func(h *format.PageHeader) { h.DataPageHeaderV2.V.IsCompressed.V = true },
	} {
		for i, chunk := range openFile(t, file).Metadata().RowGroups[0].Columns {
			damaged := bytes.Clone(file)
			changeHeader(t, damaged[chunk.MetaData.DataPageOffset:], lie)
			if _, err := decode(table, damaged); !errors.Is(err, errDamaged) {
				t.Errorf("a page of column %d lies about %s: %v", i, name, err)
			}
		}
	}
}

// The footer's counts are compared with the pages, and those of a page with its
// levels: a lie that both tell is seen too.
func TestAFooterThatLiesIsAnError(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, 0, "none", recordtest.Plain(table, 0, damageRows))
	for name, test := range map[string]struct {
		footer func(meta *format.ColumnMetaData)
		header func(header *format.PageHeader) // tells the same, if it is there
	}{
		"its number of values": {func(m *format.ColumnMetaData) { m.NumValues++ }, nil},
		"its number of nulls":  {func(m *format.ColumnMetaData) { m.Statistics.NullCount++ }, nil},
		"its size":             {func(m *format.ColumnMetaData) { m.TotalUncompressedSize++ }, nil},
		"its nulls, as its page": {
			func(m *format.ColumnMetaData) { m.Statistics.NullCount++ },
			func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumNulls++ },
		},
		"its values, as its page": {
			func(m *format.ColumnMetaData) { m.NumValues++ },
			func(h *format.PageHeader) { h.DataPageHeaderV2.V.NumValues++ },
		},
	} {
		for i, chunk := range openFile(t, file).Metadata().RowGroups[0].Columns {
			damaged := bytes.Clone(file)
			if test.header != nil {
				changeHeader(t, damaged[chunk.MetaData.DataPageOffset:], test.header)
			}
			opened, err := Format{}.Open(bytes.NewReader(damaged), int64(len(damaged)))
			if err != nil {
				t.Fatal(err)
			}
			test.footer(&opened.(*dataFile).meta.RowGroups[0].Columns[i].MetaData)
			for _, err = range opened.Records(t.Context(), table) {
			}
			if !errors.Is(err, errDamaged) {
				t.Errorf("the footer lies about column %d and %s: %v", i, name, err)
			}
		}
	}
}

// changeHeader rewrites the page header at the start of data in place.
func changeHeader(t *testing.T, data []byte, change func(header *format.PageHeader)) {
	t.Helper()
	length, err := checkThrift(data)
	if err != nil {
		t.Fatal(err)
	}
	var header format.PageHeader
	protocol := new(thrift.CompactProtocol)
	if err := thrift.Unmarshal(protocol, data[:length], &header); err != nil {
		t.Fatal(err)
	}
	change(&header)
	changed, err := thrift.Marshal(protocol, &header)
	if err != nil {
		t.Fatal(err)
	}
	if len(changed) != length {
		t.Fatalf("the header has %d bytes instead of %d", len(changed), length)
	}
	copy(data, changed)
}

func TestAPageHasTheRowsAndNullsOfItsLevels(t *testing.T) {
	encoding := rle.Encoding{BitWidth: 1}
	for name, test := range map[string]struct {
		rep         []uint8
		rows, nulls int32
		ok          bool
	}{
		"as they are":        {[]uint8{0, 1, 0, 0}, 3, 1, true},
		"a row more":         {[]uint8{0, 1, 0, 0}, 4, 1, false},
		"a row less":         {[]uint8{0, 1, 0, 0}, 2, 1, false},
		"a null more":        {[]uint8{0, 1, 0, 0}, 3, 2, false},
		"from within a row":  {[]uint8{1, 0, 0, 0}, 3, 1, false},
		"each value of them": {[]uint8{0, 0, 0, 0}, 4, 1, true},
	} {
		var p page
		var err error
		if p.repetition, err = encoding.EncodeLevels(nil, test.rep); err != nil {
			t.Fatal(err)
		}
		if p.definition, err = encoding.EncodeLevels(nil, []uint8{1, 1, 0, 1}); err != nil {
			t.Fatal(err)
		}
		p.NumValues, p.NumRows, p.NumNulls = int32(len(test.rep)), test.rows, test.nulls
		rep, def := newLevels(1), newLevels(1)
		if err := p.levels(&rep, &def); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunsMustFillTheirLength(t *testing.T) {
	for name, test := range map[string]struct {
		data   []byte
		values int
		ok     bool
	}{
		"a run":                    {[]byte{6 << 1, 1}, 6, true},
		"a packed group":           {[]byte{1<<1 | 1, 0b0011_0101}, 6, true},
		"a run and a packed group": {[]byte{6 << 1, 1, 1<<1 | 1, 0}, 9, true},
		"one byte more":            {[]byte{6 << 1, 1, 0}, 6, false},
		"one byte less":            {[]byte{6 << 1}, 6, false},
		"too few levels":           {[]byte{5 << 1, 1}, 6, false},
		"a group too many":         {[]byte{2<<1 | 1, 0, 0}, 6, false},
		"an endless run":           {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1}, 6, false},
		"a length without end":     {[]byte{0xff, 0xff}, 6, false},
	} {
		if err := checkRuns(test.data, 1, test.values); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMetadataLongerThanItsBytesIsAnError(t *testing.T) {
	for name, data := range map[string][]byte{
		"a list of 2^28 structs":  {0x19, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00},
		"a text of 2^28 bytes":    {0x18, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00},
		"no end":                  {0x15, 0x02},
		"nothing":                 {},
		"a map":                   {0x1b, 0x00, 0x00},
		"structs without bottom":  bytes.Repeat([]byte{0x1c}, 1000),
		"lists without bottom":    append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 1000)...),
		"a number without end":    {0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"a list of endless types": {0x19, 0xf1, 0x7f, 0x00},
	} {
		if _, err := checkThrift(data); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFooterLengthBeyondTheFileIsAnError(t *testing.T) {
	table := schema.InboxConversations()
	file := encode(t, table, 0, "", recordtest.Plain(table, 0, 1))
	binary.LittleEndian.PutUint32(file[len(file)-8:], 0xffff_fff0)
	if _, err := decode(table, file); err == nil {
		t.Error("no error")
	}
}

func FuzzAnyBytesAreReadOrRefused(f *testing.F) {
	table := schema.InboxConversations()
	f.Add([]byte{})
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Add(encode(f, table, 0, "none"))
	f.Add(encode(f, table, 2, "none", recordtest.Plain(table, 0, 3)))
	f.Add(encode(f, table, 0, "zstd", recordtest.Plain(table, 0, 3)))
	f.Add(encodeEarlier(f, table, exporter.ParquetOptions{Compression: "none", RowGroupSize: 2}, PageRows, recordtest.Plain(table, 0, 3)))
	f.Fuzz(func(t *testing.T, file []byte) {
		opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		_ = opened.Manifest()
		_ = opened.CheckSchema(table)
		for range opened.Verify(t.Context(), table) {
			continue // an error, or rows as Records yields them
		}
		var rows int64
		for rec, err := range opened.Records(t.Context(), table) {
			if err != nil {
				return
			}
			rows += rec.NumRows()
		}
		if rows != opened.Rows() {
			t.Errorf("%d rows are read, the footer says %d", rows, opened.Rows())
		}
	})
}
