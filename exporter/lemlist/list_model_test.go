package lemlist

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema/decode"
)

// Margins of the walks in these tests: none, for lists at rest, and one that can be seen.
var (
	exact   = exporter.Margin{}
	allowed = exporter.Margin{Lookback: 100 * time.Millisecond, Settle: 200 * time.Millisecond}
)

// list is the list of one user, which nothing moves. The prover has tests of lists that
// move; these are about the walk around it.
type list struct {
	rows    []row
	perPage int
	now     time.Time
}

type row struct {
	id string
	at int64 // in milliseconds
}

// newList makes a list of n rows with distinct times, newest first.
func newList(n, perPage int) *list {
	l := &list{perPage: perPage, now: time.Unix(1_700_000_000, 0)}
	for i := n; i > 0; i-- {
		l.rows = append(l.rows, row{fmt.Sprintf("ibx_%07d", i), int64(i) * 7})
	}
	return l
}

// newUnsortedList makes a list that is not sorted by time.
func newUnsortedList(n, perPage int) *list {
	l := newList(n, perPage)
	slices.SortFunc(l.rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	return l
}

// page returns the rows of a page, and what it states.
func (l *list) page(number, size int64) ([]row, decode.Pagination) {
	per := int64(l.perPage)
	if size > 0 {
		per = min(per, size)
	}
	count := int64(len(l.rows))
	from := min((number-1)*per, count)
	to := min(from+per, count)
	says := decode.Pagination{TotalItems: &count, CurrentPage: &number, PerPage: &per}
	if to < count {
		says.NextPage = new(number + 1)
	}
	return l.rows[from:to], says
}

// newest holds of every id the newest version that a walk showed.
type newest map[string]int64

func (n newest) add(page exporter.Page) {
	for i := range page.Keys.Len() {
		id, at := page.Keys.ID(i), page.Keys.Version(i)
		if before, ok := n[id]; !ok || at >= before {
			n[string([]byte(id))] = at // the page's memory is used again
		}
	}
}
