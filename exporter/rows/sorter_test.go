package rows

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

// leastMemory is a small budget, in bytes.
const leastMemory = 32 << 20

// newSorter makes a sorter with real temporary files.
func newSorter(t testing.TB, table *schema.Table, limits Limits) *Sorter {
	folder := t.TempDir()
	return NewSorter(table, limits, tempFile(t, folder), tempFile(t, folder))
}

// tempFile makes a temporary file in a folder.
func tempFile(t interface{ Fatal(...any) }, folder string) TempFile {
	file, err := os.CreateTemp(folder, "rows")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// addTo adds a page with its keys.
func addTo(sorter *Sorter, partition string, page arrow.Record) error {
	keys, err := sorter.table.Keys(page)
	if err != nil {
		return err
	}
	return sorter.Add(partition, page, keys)
}

// version is one reading of one conversation, as small as a test needs it.
type version struct {
	id      string
	active  int64 // microseconds; schema.NoVersion is null
	subject string
	users   int
}

// record builds a record of the table from versions.
func record(table *schema.Table, versions []version) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer b.Release()
	for _, v := range versions {
		for i, column := range table.Columns {
			switch field := b.Field(i); column.Name {
			case "id":
				field.(*array.StringBuilder).Append(v.id)
			case "last_activity_at":
				if v.active == schema.NoVersion {
					field.AppendNull()
					continue
				}
				field.(*array.TimestampBuilder).Append(arrow.Timestamp(v.active))
			case "fetched_at":
				field.(*array.TimestampBuilder).Append(1)
			case "last_sent_subject":
				field.(*array.StringBuilder).Append(v.subject)
			case "users":
				list := field.(*array.ListBuilder)
				list.Append(true)
				for user := range v.users {
					group := list.ValueBuilder().(*array.StructBuilder)
					group.Append(true)
					group.FieldBuilder(0).(*array.StringBuilder).Append(fmt.Sprint("usr_", user))
					group.FieldBuilder(1).AppendNull()
					group.FieldBuilder(2).(*array.BooleanBuilder).Append(user%2 == 0)
				}
			default:
				field.AppendNull()
			}
		}
	}
	return b.NewRecord()
}

// versionsOf reads a record back.
func versionsOf(t *rapid.T, table *schema.Table, rec arrow.Record) []version {
	keys, err := table.Keys(rec)
	if err != nil {
		t.Fatal(err)
	}
	_, subject, _ := table.Column("last_sent_subject")
	_, users, _ := table.Column("users")
	var versions []version
	for row := range int(rec.NumRows()) {
		start, end := rec.Column(users).(*array.List).ValueOffsets(row)
		versions = append(versions, version{
			id:      string([]byte(keys.ID(row))),
			active:  keys.Version(row),
			subject: string([]byte(rec.Column(subject).(*array.String).Value(row))),
			users:   int(end - start),
		})
	}
	return versions
}

// Whatever the pages, the sorter gives every id once, in its newest version (the
// last read of equals), newest first, and its counts add up.
func TestSorterKeepsTheNewestVersionOfEveryIDInOrder(t *testing.T) {
	table := schema.InboxConversations()
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		sorter := NewSorter(table, LimitsOf(rapid.Int64Range(1<<12, 1<<27).Draw(t, "memory")), tempFile(t, folder), tempFile(t, folder))
		defer func() {
			if err := sorter.Close(); err != nil {
				t.Fatal(err)
			}
		}()
		want := make(map[string]version)
		var read, serial int64
		users := []string{"usr_a", "usr_b"}
		for range rapid.IntRange(0, 40).Draw(t, "pages") {
			page := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) version {
				serial++
				return version{
					id:      fmt.Sprint("ibx_", rapid.IntRange(0, 60).Draw(t, "id")),
					active:  rapid.OneOf(rapid.Int64Range(0, 20), rapid.Just(int64(schema.NoVersion))).Draw(t, "active"),
					subject: fmt.Sprint(serial),
					users:   rapid.IntRange(0, 3).Draw(t, "users"),
				}
			}), 0, 12).Draw(t, "page")
			if rapid.Bool().Draw(t, "sorted") {
				slices.SortStableFunc(page, func(a, b version) int { return cmp.Compare(b.active, a.active) })
			}
			for _, v := range page {
				if old, ok := want[v.id]; !ok || v.active >= old.active {
					want[v.id] = v
				}
			}
			read += int64(len(page))
			rec := record(table, page)
			err := addTo(sorter, rapid.SampledFrom(users).Draw(t, "user"), rec)
			rec.Release()
			if err != nil {
				t.Fatal(err)
			}
		}
		sorted, err := sorter.Sorted(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		expected := slices.SortedFunc(maps.Values(want), func(a, b version) int {
			return cmp.Or(cmp.Compare(b.active, a.active), cmp.Compare(a.id, b.id))
		})
		for range 2 { // once per export
			var got []version
			for rec, err := range sorted.Records(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, versionsOf(t, table, rec)...)
			}
			if diff := gocmp.Diff(expected, got, gocmp.AllowUnexported(version{})); diff != "" {
				t.Fatalf("rows (-want +got):\n%s", diff)
			}
		}
		dropped := int64(0)
		for _, count := range sorted.Index().Dropped() {
			dropped += count.Duplicates + count.Superseded
		}
		if sorted.Index().Len() != read || sorted.Rows() != int64(len(want)) || sorted.Rows()+dropped != read {
			t.Fatalf("counts do not add up: %d and %d rows, %d dropped; %d read, %d distinct", sorted.Index().Len(), sorted.Rows(), dropped, read, len(want))
		}
	})
}

// A list that the server does not sort makes a run per page; they are merged in
// several rounds, and records stay small.
func TestSorterMergesMoreRunsThanItHoldsInMemory(t *testing.T) {
	table := schema.InboxConversations()
	sorter := newSorter(t, table, LimitsOf(leastMemory))
	defer func() { _ = sorter.Close() }()
	const pages, perPage = 5 * mergeWidth, 3
	for page := range pages { // ever newer: no page continues a run
		var versions []version
		for row := range perPage {
			versions = append(versions, version{id: fmt.Sprintf("ibx_%d_%d", page, row), active: int64(page)})
		}
		rec := record(table, versions)
		if err := addTo(sorter, "usr_a", rec); err != nil {
			t.Fatal(err)
		}
		rec.Release()
	}
	if len(sorter.runs) != pages {
		t.Fatalf("%d runs, want one per page: the test does not test", len(sorter.runs))
	}
	sorted, err := sorter.Sorted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(sorter.runs) > mergeWidth {
		t.Errorf("%d runs are left, more than %d", len(sorter.runs), mergeWidth)
	}
	var count int64
	for rec, err := range sorted.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		count += rec.NumRows()
	}
	if count != pages*perPage {
		t.Errorf("%d rows came back of %d", count, pages*perPage)
	}
}

// The index gives the same losers whatever the share of ids held at once, and whether
// its filter has room for all ids or not.
func TestIndexSharesCoverEveryID(t *testing.T) {
	for _, filtered := range []int{0, 1 << 16} {
		t.Run(fmt.Sprint("a filter for ", filtered), func(t *testing.T) { testShares(t, filtered) })
	}
}

func testShares(t *testing.T, filtered int) {
	const share = 1 << 12
	x := NewIndex(tempFile(t, t.TempDir()), Limits{Share: share, filtered: filtered})
	defer func() { _ = x.Close() }()
	const ids = share + 1000
	for round := range 2 {
		for id := range ids {
			x.append("usr_a", schema.HashID(fmt.Sprint(id)), int64(round))
		}
		if err := x.flush(ids); err != nil {
			t.Fatal(err)
		}
	}
	lost, err := x.Losers()
	if err != nil {
		t.Fatal(err)
	}
	if lost != ids || x.Dropped()["usr_a"].Superseded != ids {
		t.Errorf("%d rows lost, %d superseded, want %d", lost, x.Dropped()["usr_a"].Superseded, ids)
	}
	for row := range int64(2 * ids) {
		if x.IsLost(row) != (row < ids) {
			t.Fatalf("row %d: lost is %t", row, x.IsLost(row))
		}
	}
}

// Ids that are there once are not sorted, but for the few that the filter takes for others.
func TestIndexSortsOnlyIDsThatMayBeRepeated(t *testing.T) {
	const once, twice = 20_000, 500
	x := NewIndex(tempFile(t, t.TempDir()), LimitsOf(leastMemory))
	defer func() { _ = x.Close() }()
	for id := range once + twice {
		x.append("usr_a", schema.HashID(fmt.Sprint(id)), 1)
	}
	for id := range twice {
		x.append("usr_a", schema.HashID(fmt.Sprint(id)), 2)
	}
	if err := x.flush(once + 2*twice); err != nil {
		t.Fatal(err)
	}
	repeated, most, err := x.entries().repeated(x.limits.filtered)
	if err != nil {
		t.Fatal(err)
	}
	passed := int64(0)
	if err := x.Each(func(row int64, id schema.IDHash, _ int64) {
		switch {
		case repeated.Passes(id):
			passed++
		case row < twice || row >= once+twice:
			t.Errorf("row %d does not pass the filter, and its id is there twice", row)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if passed > most || most > once/4 {
		t.Errorf("%d rows pass, %d were expected at most, and %d have an id that is there twice", passed, most, 2*twice)
	}
}

// Rows stay in memory as long as they fit: the file of temporary rows stays empty.
func TestSorterWritesNoRowsThatFitIntoMemory(t *testing.T) {
	table := schema.InboxConversations()
	limits := LimitsOf(leastMemory)
	for _, test := range []struct {
		name    string
		waiting int
		fits    bool
	}{
		{"they fit", 1 << 30, true},
		{"they do not fit", limits.segment + 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			limits.waiting = test.waiting
			sorter := newSorter(t, table, limits)
			defer func() { _ = sorter.Close() }()
			const pages, perPage = 30, 100
			for page := range pages {
				versions := make([]version, perPage)
				for row := range versions {
					versions[row] = version{id: fmt.Sprintf("ibx_%d_%d", page, row), active: int64(pages - page), users: 3}
				}
				rec := record(table, versions)
				if err := addTo(sorter, "usr_a", rec); err != nil {
					t.Fatal(err)
				}
				rec.Release()
			}
			sorted, err := sorter.Sorted(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var count int64
			for rec, err := range sorted.Records(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				count += rec.NumRows()
			}
			if count != pages*perPage {
				t.Errorf("%d rows came back of %d", count, pages*perPage)
			}
			if empty := sorter.segments.written == 0; empty != test.fits {
				t.Errorf("%d bytes of rows were written", sorter.segments.written)
			}
			if one := sorter.runs[0]; !test.fits && (len(one.pages) > 0 || len(one.segments) < 2) {
				t.Errorf("%d segments, and %d pages are left in memory", len(one.segments), len(one.pages))
			}
		})
	}
}

func TestSorterStopsWhenTheContextEnds(t *testing.T) {
	table := schema.InboxConversations()
	sorter := newSorter(t, table, LimitsOf(leastMemory))
	defer func() { _ = sorter.Close() }()
	versions := make([]version, 2*batchRows)
	for i := range versions {
		versions[i] = version{id: fmt.Sprintf("%06d", i), active: 7}
	}
	rec := record(table, versions)
	defer rec.Release()
	if err := addTo(sorter, "usr_a", rec); err != nil {
		t.Fatal(err)
	}
	sorted, err := sorter.Sorted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	batches := 0
	var stopped error
	for _, err := range sorted.Records(ctx) {
		if err != nil {
			stopped = err
			break
		}
		batches++
		cancel()
	}
	if batches != 1 || stopped == nil {
		t.Errorf("%d batches and error %v after the cancellation, want 1 and an error", batches, stopped)
	}
}
