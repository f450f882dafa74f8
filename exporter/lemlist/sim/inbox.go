package sim

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
)

// inboxRoute is GET /inbox.
type inboxRoute struct {
	opts    *Options
	world   *world
	buffers *sync.Pool // of *bytes.Buffer, for pages

	mu     sync.Mutex
	totals map[int]int // the first total of each user, for TotalStale
}

// answer is one page of one user's list.
func (i *inboxRoute) answer(query url.Values, call *Call) reply {
	if i.opts.Account == AccountPlan {
		return fail(i.opts.Errors, http.StatusPaymentRequired, planGated)
	}
	if query.Get("userId") == "" {
		return fail(i.opts.Errors, http.StatusBadRequest, "User ID is required")
	}
	page, okPage := number(i.opts.BadNumber, query, "page", 1, 1)
	size, okSize := number(i.opts.BadNumber, query, "limit", 1, i.opts.PageSize)
	if !okPage || !okSize {
		return fail(i.opts.Errors, http.StatusBadRequest, "Match error: Expected positive number")
	}
	if i.opts.IgnoreLimit {
		size = i.opts.PageSize
	}
	if i.opts.LimitMax != Unbounded && size > i.opts.LimitMax {
		if i.opts.OverLimit == OverLimitRefuse {
			return fail(i.opts.Errors, http.StatusBadRequest, "Bad params")
		}
		size = i.opts.LimitMax
	}
	user := slices.Index(i.world.content.userIDs(), query.Get("userId"))
	if user < 0 {
		if i.opts.UnknownUser == UnknownUserEmpty {
			return i.page(listPage{page: page}, user, size)
		}
		return fail(i.opts.Errors, http.StatusBadRequest, "User not in team")
	}
	got := i.world.read(user, page, size, i.opts.PastEnd == PastEndRepeat)
	spoil(&got, call.Fault, i.opts.ShortBy)
	call.Step, call.Rows, call.Total = got.step, len(got.rows), got.total
	if i.opts.PastEnd == PastEndRefuse && got.page > max(1, pages(got.total, size)) {
		return fail(i.opts.Errors, http.StatusBadRequest, "Bad params")
	}
	return i.page(got, user, size)
}

// spoil makes a page lie about its rows; its total stays.
func spoil(got *listPage, fault Fault, shortBy int) {
	switch fault {
	case FaultNoRows:
		got.rows = nil
	case FaultDry:
		got.rows, got.last = nil, true
	case FaultShort: // from the middle, so that first and last row look as they should
		cut := min(shortBy, len(got.rows))
		at := (len(got.rows) - cut) / 2
		got.rows = slices.Concat(got.rows[:at], got.rows[at+cut:])
	default:
	}
}

// number reads a number of the query that must be least or more.
func number(bad BadNumber, query url.Values, name string, least, otherwise int) (int, bool) {
	if !query.Has(name) {
		return otherwise, true
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least {
		return otherwise, bad == BadNumberDefault
	}
	return n, true
}

// page writes the envelope and the rows, outside of any lock.
func (i *inboxRoute) page(got listPage, user, size int) reply {
	buffer, _ := i.buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	body := append(buffer.AvailableBuffer(), `{"data":[`...)
	for at, placed := range got.rows {
		if at > 0 {
			body = append(body, ',')
		}
		body = i.world.content.appendJSON(body, placed.n, placed.row)
	}
	body = append(body, `],"pagination":{`...)
	body = i.appendPagination(body, got, user, size)
	body = append(body, '}', '}')
	_, _ = buffer.Write(body) // keeps the room that body has grown to
	return reply{status: http.StatusOK, kind: kindJSON, body: body, buffer: buffer}
}

func (i *inboxRoute) appendPagination(dst []byte, got listPage, user, size int) []byte {
	last := pages(got.total, size)
	switch i.opts.Total {
	case TotalAbsent:
	case TotalNull:
		dst = append(dst, `"totalItems":null,`...)
	default:
		dst = append(appendInt(append(dst, `"totalItems":`...), i.statedTotal(got, user)), ',')
	}
	dst = appendInt(append(dst, `"currentPage":`...), got.page)
	dst = i.appendPageNumber(append(dst, `,"nextPage":`...), got.page+1, (got.page < last || i.opts.PastEnd == PastEndOn) && !got.last)
	dst = i.appendPageNumber(append(dst, `,"previousPage":`...), got.page-1, got.page > 1)
	dst = appendInt(append(dst, `,"perPage":`...), size)
	if got.total == 0 {
		last = i.opts.EmptyTotalPages
	}
	return appendInt(append(dst, `,"totalPages":`...), last)
}

func (i *inboxRoute) appendPageNumber(dst []byte, page int, exists bool) []byte {
	switch {
	case !exists:
		return append(dst, "null"...)
	case i.opts.NextPageText:
		return append(appendInt(append(dst, '"'), page), '"')
	}
	return appendInt(dst, page)
}

// statedTotal is what `totalItems` says of a list.
func (i *inboxRoute) statedTotal(got listPage, user int) int {
	switch i.opts.Total {
	case TotalNoisy:
		dice := newStream(i.opts.Seed, topicTotal, uint64(got.step), 0)
		return max(0, got.total+dice.below(7)-3)
	case TotalCapped:
		return min(got.total, 1000)
	case TotalStale:
		i.mu.Lock()
		defer i.mu.Unlock()
		if _, seen := i.totals[user]; !seen {
			i.totals[user] = got.total
		}
		return i.totals[user]
	case TotalMore:
		return got.total + 1
	case TotalHuge:
		return 1_000_000_000_000_000_000
	default:
		return got.total
	}
}
