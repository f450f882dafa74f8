package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/gzip"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// A column of one file in the place of that of another is read as it is, or it
// is refused: what comes back has the cells of both.
func TestColumnsOfDifferentRecordsAreReadAsTheyAreOrRefused(t *testing.T) {
	read, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.SampledFrom([]*schema.Table{nested(), recordtest.Small()}).Draw(t, "table")
		layout := newFile(t, table, exporter.ParquetOptions{})
		rows := rapid.IntRange(1, 3).Draw(t, "rows")
		var groups [2]format.RowGroup
		var cells [2][][]cell
		var all []byte
		for i := range groups {
			rec := recordtest.Any(t, table, rows)
			file := encode(t, table, 0, "none", rec)
			groups[i] = openFile(t, file).Metadata().RowGroups[0]
			for at := range groups[i].Columns {
				meta := &groups[i].Columns[at].MetaData
				meta.DataPageOffset += int64(len(all))
				if meta.DictionaryPageOffset > 0 {
					meta.DictionaryPageOffset += int64(len(all))
				}
			}
			all = append(all, file...)
			cells[i] = make([][]cell, len(layout.leaves))
			for row := range rows {
				for at, column := range layout.columns {
					shred(cells[i], column, rec.Column(at), row, 0, 0)
				}
			}
		}
		mixed := groups[0]
		leaf := rapid.IntRange(0, len(layout.leaves)-1).Draw(t, "leaf")
		mixed.Columns[leaf], cells[0][leaf] = groups[1].Columns[leaf], cells[1][leaf]

		reader, err := newReader(bytes.NewReader(all), layout, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.close()
		if err := reader.start(&mixed); err != nil {
			t.Fatal(err)
		}
		rec, err := reader.next(background())
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Fatal(err)
			}
			refused++
			return
		}
		read++
		got := make([][]cell, len(layout.leaves))
		for row := range rows {
			for at, column := range layout.columns {
				shred(got, column, rec.Column(at), row, 0, 0)
			}
		}
		for at, leaf := range layout.leaves {
			if !slices.Equal(got[at], cells[0][at]) {
				t.Fatalf("column %s has the cells %v instead of %v", leaf.name(), got[at], cells[0][at])
			}
		}
	})
	if read == 0 || refused == 0 {
		t.Errorf("%d read, %d refused", read, refused)
	}
}

// Few bytes cannot make the reader allocate what they claim.
func TestABodyThatClaimsTooMuchIsRefused(t *testing.T) {
	zstd, err := newDenseZstd(DefaultZstdLevel, 1)
	if err != nil {
		t.Fatal(err)
	}
	codecs := []compress.Codec{zstd, &parquet.Snappy, &gzip.Codec{Level: 1}, &parquet.Uncompressed}
	content := bytes.Repeat([]byte("claim "), 300)
	decoder, err := newPageDecoder(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.close()
	for _, codec := range codecs {
		packed, err := codec.Encode(nil, content)
		if err != nil {
			t.Fatal(err)
		}
		kind := codec.CompressionCodec()
		if body, err := decoder.decompress(kind, packed, len(content)); err != nil || !bytes.Equal(body, content) {
			t.Errorf("%s: %d bytes, %v", kind, len(body), err)
		}
		for _, size := range []int{-1, 1, len(content) - 1, len(content) + 1, int(decoder.maxPage), int(decoder.maxPage) + 1, math.MaxInt32} {
			if _, err := decoder.decompress(kind, packed, size); !errors.Is(err, errDamaged) && !errors.Is(err, exporter.ErrTooLarge) {
				t.Errorf("%s: a body said to have %d bytes: %v", kind, size, err)
			}
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	lie := append(binary.AppendUvarint(nil, 1<<30), "snappy states its size itself"...)
	if _, err := decoder.decompress(format.Snappy, lie, len(content)); !errors.Is(err, errDamaged) {
		t.Errorf("a gibibyte of snappy: %v", err)
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%d bytes were allocated for it", after.TotalAlloc-before.TotalAlloc)
	}
	if cap(decoder.body) > 1<<20 {
		t.Errorf("%d bytes were allocated", cap(decoder.body))
	}
}

func TestListsAreReadOffTheirLevels(t *testing.T) {
	for name, test := range map[string]struct {
		rep, def []uint8
		starts   []int32 // none for levels of no lists
	}{
		"lists":                        {[]uint8{0, 1, 0}, []uint8{3, 2, 3}, []int32{0, 2, 3}},
		"an empty list and none":       {[]uint8{0, 0, 0, 1}, []uint8{1, 0, 2, 3}, []int32{0, 0, 0, 2}},
		"no slots":                     {nil, nil, []int32{0}},
		"lists of lists":               {[]uint8{0, 2, 1, 2, 0}, []uint8{4, 4, 4, 4, 2}, []int32{0, 2, 3}},
		"elements of an empty list":    {[]uint8{0, 1}, []uint8{1, 3}, nil},
		"elements of none":             {[]uint8{0, 1}, []uint8{0, 3}, nil},
		"an empty list in a list":      {[]uint8{0, 1}, []uint8{3, 1}, nil},
		"no list to begin with":        {[]uint8{1, 0}, []uint8{3, 3}, nil},
		"what is deeper, of no list":   {[]uint8{0, 2}, []uint8{1, 4}, nil},
		"what is deeper, with nothing": {[]uint8{0, 2}, []uint8{4, 1}, nil},
	} {
		var got shape
		got.of = slotLevels{test.rep, test.def}
		if ok := got.list(1, 1); ok != (test.starts != nil) || ok && !slices.Equal(got.starts, test.starts) {
			t.Errorf("%s: lists at %d, %t", name, got.starts, ok)
		}
	}
}

func TestSlotsOfRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rep := append([]uint8{0}, bytes.Repeat(rapid.SliceOfN(rapid.Uint8Range(0, 2), 0, 50).Draw(t, "levels"), 40)...)
		rows := rapid.IntRange(0, bytes.Count(rep, []byte{0})).Draw(t, "rows")
		got := slotsOf(rep, rows)
		if bytes.Count(rep[:got], []byte{0}) != rows || got < len(rep) && rep[got] != 0 {
			t.Fatalf("%d slots of %v are %d rows", got, rep, rows)
		}
	})
}
