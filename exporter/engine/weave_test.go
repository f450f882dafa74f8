package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// groupLog writes down what happens to a sink.
type groupLog struct {
	exporter.GroupSink
	rows  int64
	lines []string
}

// Write implements Sink.
func (l *groupLog) Write(_ context.Context, rec arrow.Record) error {
	l.rows += rec.NumRows()
	return nil
}

// Expect implements GroupSink.
func (l *groupLog) Expect(rows int64, _ float64) error {
	l.log("expect %d", rows)
	return nil
}

// Take implements GroupTaker.
func (l *groupLog) Take(_ context.Context, from, to int) error {
	l.log("take %d-%d", from, to)
	return nil
}

// End implements GroupTaker.
func (l *groupLog) End(context.Context) error {
	l.log("end")
	return nil
}

// Close implements GroupTaker.
func (l *groupLog) Close() {}

func (l *groupLog) log(format string, args ...any) {
	if l.rows > 0 {
		l.lines = append(l.lines, fmt.Sprintf("write %d", l.rows))
		l.rows = 0
	}
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// Blocks stand between the rows that come before and behind theirs, however those are
// divided into records.
func TestBlocksAreAppendedWhereTheyBelong(t *testing.T) {
	table := schema.InboxConversations()
	block := func(group, from, until int, before int64) takenBlock {
		keys, err := table.Keys(recordtest.Plain(table, from, until-from))
		if err != nil {
			t.Fatal(err)
		}
		return takenBlock{from: group, to: group + 1, first: keys.At(0), last: keys.At(keys.Len() - 1), before: before}
	}
	for name, test := range map[string]struct {
		written []int // numbers of rows, in order
		want    string
	}{
		"rows everywhere":   {[]int{0, 1, 20, 21, 22, 40}, "expect 2, write 2, take 1-2, expect 3, write 3, take 3-4, expect 0, write 1, end"},
		"none before":       {[]int{20, 40, 41}, "expect 2, take 1-2, expect 3, write 1, take 3-4, expect 0, write 2, end"},
		"none between":      {[]int{0, 40}, "expect 2, write 1, take 1-2, expect 3, take 3-4, expect 0, write 1, end"},
		"none behind":       {[]int{0, 1, 21}, "expect 2, write 2, take 1-2, expect 3, write 1, take 3-4, expect 0, end"},
		"none but between":  {[]int{25}, "expect 2, take 1-2, expect 3, write 1, take 3-4, expect 0, end"},
		"no rows at all":    {nil, "expect 2, take 1-2, expect 3, take 3-4, expect 0, end"},
		"the same as first": {[]int{0, 10, 40}, "expect 2, write 2, take 1-2, expect 3, take 3-4, expect 0, write 1, end"},
	} {
		t.Run(name, func(t *testing.T) {
			for size := 1; size <= max(len(test.written), 1); size++ {
				sink := new(groupLog)
				w := weaver{
					takeover: takeover{blocks: []takenBlock{block(1, 10, 20, 2), block(3, 30, 40, 3)}},
					table:    table, sink: sink, taker: sink,
					to: func(rec arrow.Record) error { return sink.Write(t.Context(), rec) },
				}
				if err := w.weave(t.Context(), func(yield func(arrow.Record, error) bool) {
					for some := range slices.Chunk(test.written, size) {
						var pieces []rows.Piece
						for _, row := range some {
							pieces = append(pieces, rows.Piece{Rec: recordtest.Plain(table, row, 1), From: 0, To: 1})
						}
						if !yield(rows.Concat(table.Arrow(), pieces), nil) {
							return
						}
					}
				}); err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(sink.lines, ", "); got != test.want {
					t.Errorf("records of %d rows: %s, want %s", size, got, test.want)
				}
			}
		})
	}
}
