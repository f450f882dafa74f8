package parquet

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// verify does what the engine's Verify does with a file, but for what only its
// manifest tells: it looks for the manifest and reads everything.
func verify(t recordtest.T, table *schema.Table, file []byte) error {
	t.Helper()
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	if opened.Manifest() == nil {
		return errors.New("no manifest")
	}
	if err := opened.CheckSchema(table); err != nil {
		return err
	}
	for _, err := range opened.Verify(background(), table) {
		if err != nil {
			return err
		}
	}
	return nil
}

// part is a part of a file, from (inclusive) to (exclusive).
type part struct {
	name     string
	from, to int64
}

// partsOf are the parts of a file, in its order.
func partsOf(t *testing.T, file []byte) []part {
	t.Helper()
	opened := openFile(t, file)
	size := int64(len(file))
	tail, err := readTail(bytes.NewReader(file), size, (*exporter.Budget)(nil).Footer())
	if err != nil {
		t.Fatal(err)
	}
	parts := []part{{"magic", 0, 4}}
	var columns, offsets part
	for _, group := range opened.Metadata().RowGroups {
		first := firstPage(&group.Columns[0].MetaData)
		parts = append(parts, part{"pages", first, first + group.TotalCompressedSize})
		for _, chunk := range group.Columns {
			if columns.name == "" {
				columns = part{"column index", chunk.ColumnIndexOffset, 0}
				offsets = part{"offset index", chunk.OffsetIndexOffset, 0}
			}
			columns.to, offsets.to = chunk.ColumnIndexOffset+int64(chunk.ColumnIndexLength), chunk.OffsetIndexOffset+int64(chunk.OffsetIndexLength)
		}
		for _, chunk := range group.Columns {
			if meta := &chunk.MetaData; meta.BloomFilterOffset > 0 {
				parts = append(parts, part{"bloom filter", meta.BloomFilterOffset, meta.BloomFilterOffset + int64(meta.BloomFilterLength)})
			}
		}
	}
	footer := size - int64(len(tail))
	return append(parts, columns, offsets, part{"footer", footer, size - 8}, part{"length and magic", size - 8, size})
}

// Whatever reader looks at a flipped bit: nothing in the file is left unchecked.
func TestVerifyFindsEveryFlippedBit(t *testing.T) {
	table := recordtest.Small()
	tried := []string{"zstd"}
	if *everyByte {
		tried = append(tried, "none")
	}
	for _, compression := range tried {
		for _, encoding := range encodings {
			options := exporter.ParquetOptions{Compression: compression, RowGroupSize: 4, Encoding: encoding}
			flipAll(t, table, encodePages(t, table, options, PageRows, recordtest.Plain(table, 0, damageRows)), nil)
		}
	}
}

// Without checksums only what nothing else in the file tells can change unnoticed.
func TestVerifyRecountsWhatAFileWithoutChecksumsSays(t *testing.T) {
	table := recordtest.Small()
	file := encodeEarlier(t, table, exporter.ParquetOptions{RowGroupSize: 4}, PageRows, recordtest.Plain(table, 0, damageRows))
	flipAll(t, table, file, []string{testManifest, "1.2.3"})
}

// flipAll flips the bits of a file, and fails when verify does not find one of them
// outside of the values.
func flipAll(t *testing.T, table *schema.Table, file []byte, unseen []string) {
	t.Helper()
	if err := verify(t, table, file); err != nil {
		t.Fatalf("the file itself: %v", err)
	}
	end := int64(0)
	for _, part := range partsOf(t, file) {
		if part.from != end {
			t.Fatalf("%s begins at %d, not at %d", part.name, part.from, end)
		}
		end = part.to
		found, missed := 0, 0
		for at := part.from; at < part.to; at++ {
			for bit := range 8 {
				if !*everyByte && bit != int(at%8) {
					continue
				}
				damaged := bytes.Clone(file)
				damaged[at] ^= 1 << bit
				if err := verify(t, table, damaged); err != nil {
					found++
					continue
				}
				missed++
				if !slices.ContainsFunc(unseen, func(value string) bool { return inside(file, value, int(at)) }) {
					t.Errorf("%s, byte %d, bit %d: not found", part.name, at, bit)
				}
			}
		}
		t.Logf("%-16s %6d found, %d not", part.name, found, missed)
	}
}

// inside reports whether a place is in the last occurrence of a value.
func inside(file []byte, value string, at int) bool {
	first := bytes.LastIndex(file, []byte(value))
	return first >= 0 && at >= first && at < first+len(value)
}

// unseal takes the checksums out of a file: an earlier version wrote none.
func unseal(t recordtest.T, file []byte) []byte {
	t.Helper()
	opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		t.Fatal(err)
	}
	meta := *opened.meta
	var pairs []format.KeyValue
	for _, pair := range meta.KeyValueMetadata {
		if pair.Key != exporter.FooterHashKey && pair.Key != DataHashKey {
			pairs = append(pairs, pair)
		}
	}
	meta.KeyValueMetadata = pairs
	var out bytes.Buffer
	out.Write(file[:opened.end])
	if err := newOutput(&out).end(&meta); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
