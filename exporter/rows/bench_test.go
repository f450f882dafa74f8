package rows

import (
	"iter"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// benchPage is how many rows a page of the API has, benchMemory a budget in bytes.
const (
	benchPage   = 100
	benchMemory = 128 << 20
)

func drain(records iter.Seq2[arrow.Record, error]) error {
	for _, err := range records {
		if err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkDigest(b *testing.B) {
	table := schema.InboxConversations()
	parts, bytes := recordtest.Parts(table, batchRows)
	sums := NewDigester(table)
	recordtest.PerRow(b, bytes, func() error {
		for _, part := range parts {
			sums.Add(part)
		}
		return nil
	})
}

// BenchmarkSorterAdd keeps pages and finds the rows to drop; BenchmarkSorterRead
// gives the rows back.
func BenchmarkSorterAdd(b *testing.B) {
	table := schema.InboxConversations()
	parts, bytes := recordtest.Parts(table, benchPage)
	recordtest.PerRow(b, bytes, func() error {
		sorter, _, err := benchSorter(b, table, parts)
		if err != nil {
			return err
		}
		return sorter.Close()
	})
}

func BenchmarkSorterRead(b *testing.B) {
	table := schema.InboxConversations()
	parts, bytes := recordtest.Parts(table, benchPage)
	sorter, sorted, err := benchSorter(b, table, parts)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = sorter.Close() }()
	recordtest.PerRow(b, bytes, func() error { return drain(sorted.Records(b.Context())) })
}

func benchSorter(b *testing.B, table *schema.Table, parts []arrow.Record) (*Sorter, *Sorted, error) {
	sorter := newSorter(b, table, LimitsOf(benchMemory))
	for _, part := range parts {
		if err := addTo(sorter, "usr_a", part); err != nil {
			return nil, nil, err
		}
	}
	sorted, err := sorter.Sorted(b.Context())
	return sorter, sorted, err
}
