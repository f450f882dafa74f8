package prover

import (
	"fmt"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// never is the time of a row without one: it sorts last.
const never = schema.NoVersion

// Row is what the argument needs of a row of the list: which one it is, and where it
// sorts.
type Row struct {
	ID schema.IDHash
	// At is the version of the row in microseconds, or [schema.NoVersion].
	At int64
	// Created is when the row came to be, in microseconds, or [schema.NoVersion] when
	// that is unknown.
	Created int64
}

// Page is what one page showed: rows that stood together in the list at one
// moment.
type Page struct {
	asked int64 // the page number that was asked for
	Rows  []Row
	// total is totalItems; nil when the page does not say.
	total *int64
	// next is the server's nextPage; 0 when it names none.
	next int64
	// placed says whether offset and end hold: the server served the page that
	// was asked for and states its size.
	placed bool
	// offset and end count the rows of the list before the page and up to its end.
	offset, end int64
	perPage     int64
	served      int64 // the page number the server states
	sent        time.Time
	arrived     time.Time
	followed    bool // the page after it is read next, by the same segment
	Audit       Audit
}

// Audit counts the rows of a page that do not fit the list of the user.
type Audit struct {
	// Named rows name the user whose list it is; Foreign ones name only others.
	// Unreadable ones have a lastActivityAt that cannot be read.
	Named, Foreign, Unreadable int64
}

func (a *Audit) add(more Audit) {
	a.Named += more.Named
	a.Foreign += more.Foreign
	a.Unreadable += more.Unreadable
}

// anotherList says what foreign rows mean.
func (a Audit) anotherList() string {
	return fmt.Sprintf("%d rows do not name the user among their users: the API gave another list", a.Foreign)
}

// Stated is what a page says of its place in the list; nil is unknown.
type Stated struct {
	// Total is the number of rows of the list.
	Total *int64
	// Current and Next are the numbers of this page and of the next one.
	Current, Next *int64
	// PerPage is the number of rows of a full page.
	PerPage *int64
}

// mostRows is more than any list has: the rate limit would take more than a day to
// read so many, a hundred a page. A number beyond it is not believed.
const mostRows = 100_000_000

func plausible(number int64) bool { return number >= 0 && number <= mostRows }

// NewPage describes a page. The server's own pagination counts, whatever
// was asked for.
func NewPage(asked int64, rows []Row, says Stated, sent, arrived time.Time) Page {
	r := Page{asked: asked, Rows: rows, total: says.Total, served: asked, sent: sent, arrived: arrived}
	if r.total != nil && !plausible(*r.total) {
		r.total = nil // it says nothing
	}
	if says.Next != nil {
		r.next = *says.Next
	}
	if says.Current != nil {
		r.served = *says.Current
	}
	if says.PerPage != nil && plausible(*says.PerPage) {
		r.perPage = *says.PerPage
	}
	count := int64(len(rows))
	if asked == 1 && r.perPage <= 0 {
		r.perPage = count
	}
	r.placed = r.served == asked && r.perPage > 0 && count <= r.perPage
	if r.placed {
		r.offset = (asked - 1) * r.perPage
		r.end = r.offset + count
	}
	return r
}

// flaw names what the page itself shows that no list of the kind we assume can
// show; "" is a good page. Totals are not part of it: the server may count at
// another moment than it finds the rows.
func (r Page) flaw() string {
	ids := make(map[schema.IDHash]struct{}, len(r.Rows))
	for i, row := range r.Rows {
		if _, ok := ids[row.ID]; ok {
			return fmt.Sprintf("page %d shows a conversation twice", r.asked)
		}
		ids[row.ID] = struct{}{}
		if i > 0 && row.At > r.Rows[i-1].At {
			return fmt.Sprintf("page %d is not sorted by lastActivityAt", r.asked)
		}
	}
	count := int64(len(r.Rows))
	switch {
	case r.next != 0 && r.next != r.asked+1:
		return fmt.Sprintf("page %d names page %d as the next one", r.asked, r.next)
	case r.next != 0 && r.served != r.asked, r.asked == 1 && r.served != 1 && (count > 0 || r.served > 1):
		return fmt.Sprintf("page %d was asked for and page %d came", r.asked, r.served)
	case r.asked == 1 && count == 0 && r.more():
		return "the first page is empty though there is more"
	case r.perPage > 0 && count > r.perPage:
		return fmt.Sprintf("page %d holds %d rows and states %d as its size", r.asked, count, r.perPage)
	case r.cut():
		return fmt.Sprintf("page %d is the last, though totalItems is %d", r.asked, *r.total)
	case count < max(r.perPage, 1) && r.next != 0:
		return fmt.Sprintf("page %d shows %d of its %d rows and is not the last", r.asked, count, r.perPage)
	}
	return ""
}

// passing reports whether a page may look like this once and right when it is
// asked for again: a part of it is missing, or it is another one.
func (r Page) passing() bool {
	count := int64(len(r.Rows))
	return r.cut() || r.asked == 1 && r.served > 1 || r.served == r.asked && (r.next == 0 || r.next == r.asked+1) && count < max(r.perPage, 1)
}

// cut reports whether the server names no further page though its own total
// needs one: a list that is only shown in part.
func (r Page) cut() bool {
	return r.next == 0 && r.placed && r.total != nil && *r.total > r.offset+r.perPage
}

// more reports whether the page says that the list holds more than it shows.
func (r Page) more() bool {
	return r.next != 0 || r.total != nil && *r.total > int64(len(r.Rows))
}

// pages is the number of pages the list has by this page's account; 0 when it
// does not say.
func (r Page) pages() int64 {
	if r.total == nil || r.perPage <= 0 {
		return 0
	}
	return (*r.total + r.perPage - 1) / r.perPage
}

// pushedSince reports whether a row of an earlier page stands further down on this one. All rows are
// compared: the last ones of that page may have moved up meanwhile, which says nothing of the others.
func (r Page) pushedSince(before Page) bool {
	if !r.placed || !before.placed {
		return false
	}
	stood := make(map[schema.IDHash]int64, len(before.Rows))
	for i, row := range before.Rows {
		stood[row.ID] = before.offset + int64(i)
	}
	for i, row := range r.Rows {
		if place, ok := stood[row.ID]; ok && r.offset+int64(i) > place {
			return true
		}
	}
	return false
}
