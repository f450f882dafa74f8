package engine_test

import (
	"context"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// lists is a source whose lists a test writes: by user, of each conversation the
// time of its last activity, zero for none. It reads as a real one does: down to
// the first row that is older than the floor.
type lists struct {
	exporter.Source
	rows map[string]map[string]time.Time
	// page is the size of a page.
	page int
	// widened are the users whose lists are read in full all the same, and doubted
	// those that broke an assumption.
	widened, doubted map[string]bool
	// now caps the watermarks when it is set.
	now time.Time
	// asked are the marks of the latest walk.
	asked map[string]exporter.Mark
}

// serve has a bench read the lists.
func (l *lists) serve(b *bench) {
	b.wrap = func(source exporter.Source) exporter.Source {
		l.Source = source
		return l
	}
}

type listed struct {
	id string
	at time.Time
}

// of is the list of a user, newest first, rows without a time last.
func (l *lists) of(user string) []listed {
	var rows []listed
	for id, at := range l.rows[user] {
		rows = append(rows, listed{id, at})
	}
	slices.SortFunc(rows, func(a, b listed) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.id), []byte(b.id))
	})
	return rows
}

// truth is every conversation in its newest version.
func (l *lists) truth() map[string]time.Time {
	all := make(map[string]time.Time)
	for _, rows := range l.rows {
		for id, at := range rows {
			if before, ok := all[id]; !ok || at.After(before) {
				all[id] = at
			}
		}
	}
	return all
}

// Survey implements exporter.Source.
func (l *lists) Survey(context.Context, []*schema.Table) (exporter.Survey, error) {
	survey, all := exporter.Survey{TeamID: "tea_lists", Simulated: true}, exporter.TableSurvey{Table: "inbox_conversations"}
	for _, user := range slices.Sorted(maps.Keys(l.rows)) {
		rows := l.of(user)
		total, pages := int64(len(rows)), int64((len(rows)+l.page-1)/l.page)
		one := exporter.PartitionSurvey{Partition: user, TotalItems: &total, PerPage: int64(l.page), Pages: &pages}
		if len(rows) > 0 && !rows[0].at.IsZero() {
			one.Newest, one.Oldest = &rows[0].at, &rows[min(l.page, len(rows))-1].at
		}
		all.Partitions = append(all.Partitions, one)
	}
	survey.Tables = append(survey.Tables, all)
	return survey, nil
}

// Walk implements exporter.Source.
func (l *lists) Walk(_ context.Context, _ *schema.Table, since map[string]exporter.Mark, _ exporter.Journal) exporter.Walk {
	l.asked = since
	return &listsWalk{lists: l, since: since, proof: exporter.Proof{Complete: true, Method: "test"}}
}

type listsWalk struct {
	lists *lists
	since map[string]exporter.Mark
	proof exporter.Proof
}

// Proof implements exporter.Walk.
func (w *listsWalk) Proof() exporter.Proof { return w.proof }

// Pages implements exporter.Walk.
func (w *listsWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		for _, user := range slices.Sorted(maps.Keys(w.lists.rows)) {
			rows := w.lists.of(user)
			mark, bounded := w.since[user]
			bounded = bounded && !w.lists.widened[user]
			floor := mark.Floor
			if floor.IsZero() {
				floor = mark.Newest
			}
			total := int64(len(rows))
			proof := exporter.PartitionProof{Partition: user, Complete: true, Method: "test", TotalStart: &total, TotalEnd: &total}
			if bounded {
				proof.Since = &mark.Newest
			} else if w.lists.widened[user] {
				proof.Widened = "the test says so"
			}
			if w.lists.doubted[user] {
				proof.Doubt = "the test says so"
			}
			if len(rows) > 0 && !rows[0].at.IsZero() {
				newest := rows[0].at
				if now := w.lists.now; !now.IsZero() && newest.After(now) {
					newest = now
				}
				proof.Watermark = &newest
			}
			w.proof.Partitions = append(w.proof.Partitions, proof)
			for number, page := range pagesOf(rows, w.lists.page) {
				rec := recordOf(page)
				more := yield(exporter.Page{Partition: user, Number: int64(number + 1), Record: rec}, nil)
				rec.Release()
				w.proof.Requests++
				if !more {
					return
				}
				if bounded && page[len(page)-1].at.Before(floor) {
					break
				}
			}
		}
	}
}

func pagesOf(rows []listed, size int) [][]listed { return slices.Collect(slices.Chunk(rows, size)) }

func recordOf(rows []listed) arrow.Record {
	table := tableOf()
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer b.Release()
	for _, row := range rows {
		for i, column := range table.Columns {
			switch to := b.Field(i).(type) {
			case *array.StringBuilder:
				if column.Name == "id" {
					to.Append(row.id)
					continue
				}
				to.AppendNull()
			case *array.TimestampBuilder:
				if column.Name == "fetched_at" {
					to.Append(1)
				} else if column.Name == "last_activity_at" && !row.at.IsZero() {
					to.Append(arrow.Timestamp(row.at.UnixMicro()))
				} else {
					to.AppendNull()
				}
			default:
				to.AppendNull()
			}
		}
	}
	return b.NewRecord()
}

// epoch stands in the files for a row without a time.
func epoch() time.Time { return time.UnixMicro(0).UTC() }

// same reports how a view of the files differs from the lists.
func (l *lists) check(t *testing.T, round int, view map[string]time.Time) {
	t.Helper()
	for id, at := range l.truth() {
		if at.IsZero() {
			at = epoch()
		}
		switch got, ok := view[id]; {
		case !ok:
			t.Errorf("round %d: %s of %v is missing", round, id, at)
		case !got.Equal(at):
			t.Errorf("round %d: %s is stale: %v, want %v", round, id, got, at)
		}
	}
}

// once checks that no two append files have the same version of a row.
func (b *bench) once(t *testing.T) {
	t.Helper()
	type version struct {
		id string
		at int64
	}
	where := make(map[version]string)
	for _, path := range b.files(t) {
		for id, at := range idsOf(t, path) {
			one := version{id, at.UnixMicro()}
			if earlier, ok := where[one]; ok {
				t.Errorf("%s of %v is in %s and in %s", id, at, earlier, path)
			}
			where[one] = path
		}
	}
}
