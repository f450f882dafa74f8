package exporter

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
func contentAsDocumented(table *schema.Table, rec arrow.Record) Content {
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
	return Content{Algorithm: "rows-sha256-sum-v2", SHA256: fmt.Sprintf("%064x", sum), FetchedAt: fmt.Sprintf("%016x", times)}
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
		if got := d.Content(); got != want || d.sum.rows != int64(rows) {
			t.Fatalf("in parts: %+v of %d rows, want %+v of %d", got, d.sum.rows, want, rows)
		}

		sum, ok := want.rowSum(int64(rows))
		if !ok {
			t.Fatalf("%+v is not understood", want)
		}
		gone, come := NewDigester(table), NewDigester(table)
		for row := range rows {
			gone.addRow(rec, row)
		}
		for _, row := range rapid.Permutation(numbers(rows)).Draw(t, "order") {
			come.addRow(rec, row)
		}
		sum.subtract(gone.sum)
		if sum != (rowSum{}) {
			t.Fatalf("without its rows, a file has the sum %+v", sum)
		}
		sum.add(come.sum)
		if got := sum.content(); got != want {
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

func TestContentOfAnotherKindIsNotCarriedOn(t *testing.T) {
	good := NewDigester(schema.InboxConversations()).Content()
	for name, content := range map[string]Content{
		"none":              {},
		"another algorithm": {Algorithm: "columns-sha256-v1", SHA256: good.SHA256, FetchedAt: good.FetchedAt},
		"cut off":           {Algorithm: good.Algorithm, SHA256: good.SHA256[2:], FetchedAt: good.FetchedAt},
		"no number":         {Algorithm: good.Algorithm, SHA256: "x" + good.SHA256[1:], FetchedAt: good.FetchedAt},
	} {
		if _, ok := content.rowSum(0); ok {
			t.Errorf("%s: carried on", name)
		}
	}
	if _, ok := good.rowSum(0); !ok {
		t.Error("its own content is not carried on")
	}
}

// Pieces of records, in any order and of any size, give the same values as the
// pieces themselves.
func TestGatherKeepsEveryValue(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		var pieces []piece
		var want []string
		for range rapid.IntRange(1, 6).Draw(t, "pieces") {
			whole := recordtest.Any(t, table, rapid.IntRange(1, 12).Draw(t, "rows"))
			rec := whole.NewSlice(rapid.Int64Range(0, whole.NumRows()-1).Draw(t, "offset"), whole.NumRows())
			from := rapid.IntRange(0, int(rec.NumRows())).Draw(t, "from")
			to := rapid.IntRange(from, int(rec.NumRows())).Draw(t, "to")
			pieces = append(pieces, piece{rec, from, to})
			want = append(want, documented(rec, from, to)...)
		}
		got := gather(table.Arrow(), pieces)
		defer got.Release()
		if got.NumRows() != int64(len(want)) {
			t.Fatalf("%d rows of %d", got.NumRows(), len(want))
		}
		for row, form := range documented(got, 0, len(want)) {
			if form != want[row] {
				t.Fatalf("row %d is %q instead of %q", row, form, want[row])
			}
		}
	})
}

func documented(rec arrow.Record, from, to int) []string {
	var forms []string
	for row := from; row < to; row++ {
		var form []byte
		for _, column := range rec.Columns() {
			form = appendDocumented(form, column, row)
		}
		forms = append(forms, string(form))
	}
	return forms
}
