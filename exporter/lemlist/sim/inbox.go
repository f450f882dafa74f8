package sim

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// inbox is GET /inbox: one page of one user's list.
func (s *Server) inbox(query url.Values, call *Call) reply {
	if s.opts.Account == AccountPlan {
		return s.fail(http.StatusPaymentRequired, planGated)
	}
	if query.Get("userId") == "" {
		return s.fail(http.StatusBadRequest, "User ID is required")
	}
	page, okPage := s.number(query, "page", 1, 1)
	size, okSize := s.number(query, "limit", 1, s.opts.PageSize)
	if !okPage || !okSize {
		return s.fail(http.StatusBadRequest, "Match error: Expected positive number")
	}
	if s.opts.IgnoreLimit {
		size = s.opts.PageSize
	}
	if s.opts.LimitMax != Unbounded && size > s.opts.LimitMax {
		if s.opts.OverLimit == OverLimitRefuse {
			return s.fail(http.StatusBadRequest, "Bad params")
		}
		size = s.opts.LimitMax
	}
	user := slices.Index(s.world.content.userIDs(), query.Get("userId"))
	if user < 0 {
		if s.opts.UnknownUser == UnknownUserEmpty {
			return s.page(reading{page: page}, user, size)
		}
		return s.fail(http.StatusBadRequest, "User not in team")
	}
	got := s.world.read(user, page, size, s.opts.PastEnd == PastEndRepeat)
	s.spoil(&got, call.Fault)
	call.Step, call.Rows, call.Total = got.step, len(got.rows), got.total
	if s.opts.PastEnd == PastEndRefuse && got.page > max(1, pages(got.total, size)) {
		return s.fail(http.StatusBadRequest, "Bad params")
	}
	return s.page(got, user, size)
}

// spoil makes a page lie about its rows; its total stays.
func (s *Server) spoil(got *reading, fault Fault) {
	switch fault {
	case FaultNoRows:
		got.rows = nil
	case FaultDry:
		got.rows, got.last = nil, true
	case FaultShort: // from the middle, so that first and last row look as they should
		cut := min(s.opts.ShortBy, len(got.rows))
		at := (len(got.rows) - cut) / 2
		got.rows = slices.Concat(got.rows[:at], got.rows[at+cut:])
	default:
	}
}

// number reads a number of the query that must be least or more.
func (s *Server) number(query url.Values, name string, least, otherwise int) (int, bool) {
	if !query.Has(name) {
		return otherwise, true
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least {
		return otherwise, s.opts.BadNumber == BadNumberDefault
	}
	return n, true
}

// page writes the envelope and the rows, outside of any lock.
func (s *Server) page(got reading, user, size int) reply {
	buffer, _ := s.buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	body := append(buffer.AvailableBuffer(), `{"data":[`...)
	for i, placed := range got.rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = s.world.content.appendJSON(body, placed.n, placed.row)
	}
	body = append(body, `],"pagination":{`...)
	body = s.appendPagination(body, got, user, size)
	body = append(body, '}', '}')
	_, _ = buffer.Write(body) // keeps the room that body has grown to
	return reply{status: http.StatusOK, kind: kindJSON, body: body, buffer: buffer}
}

func (s *Server) appendPagination(dst []byte, got reading, user, size int) []byte {
	last := pages(got.total, size)
	switch s.opts.Total {
	case TotalAbsent:
	case TotalNull:
		dst = append(dst, `"totalItems":null,`...)
	default:
		dst = append(appendInt(append(dst, `"totalItems":`...), s.statedTotal(got, user)), ',')
	}
	dst = appendInt(append(dst, `"currentPage":`...), got.page)
	dst = s.appendPageNumber(append(dst, `,"nextPage":`...), got.page+1, (got.page < last || s.opts.PastEnd == PastEndOn) && !got.last)
	dst = s.appendPageNumber(append(dst, `,"previousPage":`...), got.page-1, got.page > 1)
	dst = appendInt(append(dst, `,"perPage":`...), size)
	if got.total == 0 {
		last = s.opts.EmptyTotalPages
	}
	return appendInt(append(dst, `,"totalPages":`...), last)
}

func (s *Server) appendPageNumber(dst []byte, page int, exists bool) []byte {
	switch {
	case !exists:
		return append(dst, "null"...)
	case s.opts.NextPageText:
		return append(appendInt(append(dst, '"'), page), '"')
	}
	return appendInt(dst, page)
}

// statedTotal is what `totalItems` says of a list.
func (s *Server) statedTotal(got reading, user int) int {
	switch s.opts.Total {
	case TotalNoisy:
		dice := newStream(s.opts.Seed, topicTotal, uint64(got.step), 0)
		return max(0, got.total+dice.below(7)-3)
	case TotalCapped:
		return min(got.total, 1000)
	case TotalStale:
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, seen := s.totals[user]; !seen {
			s.totals[user] = got.total
		}
		return s.totals[user]
	case TotalMore:
		return got.total + 1
	case TotalHuge:
		return 1_000_000_000_000_000_000
	default:
		return got.total
	}
}
