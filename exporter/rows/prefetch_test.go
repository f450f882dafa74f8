package rows

import (
	"errors"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"
)

var errBroken = errors.New("broken")

// numbered yields that many records of one number each, then perhaps an error.
func numbered(mem memory.Allocator, count int, broken bool) iter.Seq2[arrow.Record, error] {
	as := arrow.NewSchema([]arrow.Field{{Name: "number", Type: arrow.PrimitiveTypes.Int64}}, nil)
	return func(yield func(arrow.Record, error) bool) {
		for number := range count {
			builder := array.NewRecordBuilder(mem, as)
			builder.Field(0).(*array.Int64Builder).Append(int64(number))
			rec := builder.NewRecord()
			builder.Release()
			more := yield(rec, nil)
			rec.Release()
			if !more {
				return
			}
		}
		if broken {
			yield(nil, errBroken)
		}
	}
}

// Records made ahead are the same ones, in order, up to wherever the consumer
// stops, and none is left in memory.
func TestPrefetchIsTheSameSequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		count, broken := rapid.IntRange(0, 8).Draw(t, "records"), rapid.Bool().Draw(t, "broken")
		wanted := rapid.IntRange(1, 9).Draw(t, "wanted")
		seen, got, last := 0, 0, error(nil)
		records := Through(numbered(mem, count, broken), func(arrow.Record) { seen++ })
		for rec, err := range Prefetch(Prefetch(records)) {
			if err == nil {
				if number := rec.Column(0).(*array.Int64).Value(0); number != int64(got) {
					t.Fatalf("record %d is number %d", got, number)
				}
				got++
			}
			if last = err; got == wanted {
				break
			}
		}
		if want := min(count, wanted); got != want {
			t.Fatalf("%d records instead of %d", got, want)
		}
		if broken && (wanted > count) != errors.Is(last, errBroken) {
			t.Fatalf("the error is %v", last)
		}
		if seen < got || mem.CurrentAlloc() != 0 {
			t.Fatalf("%d seen of %d, %d bytes left", seen, got, mem.CurrentAlloc())
		}
	})
}
