package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// contentAsDocumented computes the hash as docs/manifest.md says it, value by value.
func contentAsDocumented(table *schema.Table, rec arrow.Record) [2]string {
	sum, times := new(big.Int), uint64(0)
	for row := range int(rec.NumRows()) {
		var form []byte
		var fetched int64
		for i, column := range table.Columns {
			if column.Name == "fetched_at" {
				fetched = int64(rec.Column(i).(*array.Timestamp).Value(row))
				continue
			}
			form = appendDocumented(form, rec.Column(i), row)
		}
		hash := sha256.Sum256(form)
		sum.Add(sum, new(big.Int).SetBytes(hash[:]))
		times += binary.BigEndian.Uint64(hash[24:]) * uint64(fetched)
	}
	sum.Mod(sum, new(big.Int).Lsh(big.NewInt(1), 256))
	return [2]string{fmt.Sprintf("%064x", sum), fmt.Sprintf("%016x", times)}
}

func appendDocumented(form []byte, values arrow.Array, row int) []byte {
	if values.IsNull(row) {
		return append(form, 0)
	}
	switch values := values.(type) {
	case *array.String:
		form = binary.AppendUvarint(form, uint64(len(values.Value(row))+1))
		form = append(form, values.Value(row)...)
	case *array.Timestamp:
		form = append(form, 1)
		form = binary.LittleEndian.AppendUint64(form, uint64(values.Value(row)))
	case *array.Boolean:
		form = append(form, map[bool]byte{false: 1, true: 2}[values.Value(row)])
	case *array.List:
		start, end := values.ValueOffsets(row)
		form = binary.AppendUvarint(form, uint64(end-start+1))
		for i := start; i < end; i++ {
			form = appendDocumented(form, values.ListValues(), int(i))
		}
	case *array.Struct:
		form = append(form, 1)
		for i := range values.NumField() {
			form = appendDocumented(form, values.Field(i), row)
		}
	}
	return form
}

// However the rows come, and whatever was added and taken away again meanwhile,
// the content is the documented sum.
func TestContentIsTheDocumentedSumWhateverTheOrder(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		rec := recordtest.Any(t, table, rapid.IntRange(0, 12).Draw(t, "rows"))
		defer rec.Release()
		rows := int(rec.NumRows())
		want := contentAsDocumented(table, rec)

		d := NewDigester(table)
		for from := 0; from < rows; {
			to := rapid.IntRange(from+1, rows).Draw(t, "to")
			part := rec.NewSlice(int64(from), int64(to))
			d.Add(part)
			part.Release()
			from = to
		}
		if got := textOf(d.Digest()); got != want || d.Digest().Rows() != int64(rows) {
			t.Fatalf("in parts: %v of %d rows, want %v of %d", got, d.Digest().Rows(), want, rows)
		}

		sum, ok := ParseDigest(want[0], want[1], int64(rows))
		if !ok {
			t.Fatalf("%+v is not understood", want)
		}
		gone, come := NewDigester(table), NewDigester(table)
		for row := range rows {
			gone.AddRow(rec, row)
		}
		for _, row := range rapid.Permutation(numbers(rows)).Draw(t, "order") {
			come.AddRow(rec, row)
		}
		sum.Subtract(gone.Digest())
		if sum != (Digest{}) {
			t.Fatalf("without its rows, a file has the sum %+v", sum)
		}
		sum.Add(come.Digest())
		if got := textOf(sum); got != want {
			t.Fatalf("in another order: %+v, want %+v", got, want)
		}
	})
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// textOf is the text of a digest as one value.
func textOf(digest Digest) [2]string {
	sum, fetched := digest.Text()
	return [2]string{sum, fetched}
}

func TestADigestThatIsNoneIsNotParsed(t *testing.T) {
	sum, fetched := NewDigester(schema.InboxConversations()).Digest().Text()
	for name, text := range map[string][2]string{
		"none":     {},
		"cut off":  {sum[2:], fetched},
		"too long": {sum, fetched + "00"},
		"letters":  {"x" + sum[1:], fetched},
	} {
		if _, ok := ParseDigest(text[0], text[1], 0); ok {
			t.Errorf("%s: parsed", name)
		}
	}
	if _, ok := ParseDigest(sum, fetched, 0); !ok {
		t.Error("its own text is not parsed")
	}
}
