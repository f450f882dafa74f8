package rows

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// Whatever rows are packed, from whatever records, the record of them has their values, and takes no
// more memory than was said.
func TestPackedRowsAreTheRowsOfThePieces(t *testing.T) {
	for _, table := range schema.Tables() {
		parts, _ := recordtest.Parts(table, 50)
		random := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			var pieces []Piece
			for range 1 + random.IntN(6) {
				rec := parts[random.IntN(len(parts))]
				to := random.IntN(int(rec.NumRows()) + 1)
				pieces = append(pieces, Piece{rec, random.IntN(to + 1), to})
			}
			size := packedSize(table.Arrow(), pieces)
			one := packer{body: make([]byte, 0, size)}
			one.pack(table.Arrow(), pieces)
			if len(one.body) > size {
				t.Fatalf("%s: %d bytes where %d were announced", table.Name, len(one.body), size)
			}
			rec, err := unpack(table.Arrow(), one.body)
			if err != nil {
				t.Fatalf("%s: %v", table.Name, err)
			}
			from := int64(0)
			for _, piece := range pieces {
				to := from + int64(piece.To-piece.From)
				want, got := piece.Rec.NewSlice(int64(piece.From), int64(piece.To)), rec.NewSlice(from, to)
				if !array.RecordEqual(got, want) {
					t.Fatalf("%s: rows %d to %d\n%v\nwant\n%v", table.Name, from, to, got, want)
				}
				from = to
			}
			if rec.NumRows() != from {
				t.Fatalf("%s: %d rows, want %d", table.Name, rec.NumRows(), from)
			}
		}
	}
}

// A temporary file that ends early, or that another program wrote to, is an error.
func TestUnpackNoticesBytesThatAreMissingOrTooMany(t *testing.T) {
	table := schema.InboxConversations()
	parts, _ := recordtest.Parts(table, 50)
	pieces := []Piece{{parts[0], 0, 50}}
	one := packer{body: make([]byte, 0, packedSize(table.Arrow(), pieces))}
	one.pack(table.Arrow(), pieces)
	for length := range len(one.body) {
		if rec, err := unpack(table.Arrow(), one.body[:length]); !errors.Is(err, errUnpack) {
			t.Fatalf("%d of %d bytes: %v, %v", length, len(one.body), rec, err)
		}
	}
	for name, body := range map[string][]byte{
		"too many":    slices.Concat(one.body, make([]byte, 8)),
		"other count": slices.Concat([]byte{255, 255, 255, 255, 255, 255, 255, 255}, one.body[8:]),
	} {
		if rec, err := unpack(table.Arrow(), body); !errors.Is(err, errUnpack) {
			t.Errorf("%s: %v, %v", name, rec, err)
		}
	}
	for at := 0; at < len(one.body); at += 4 {
		for _, number := range []uint32{math.MaxUint32, 1 << 31, math.MaxInt32} {
			body := slices.Clone(one.body)
			binary.NativeEndian.PutUint32(body[at:], number)
			_, _ = unpack(table.Arrow(), body) // without a panic
		}
	}
}
