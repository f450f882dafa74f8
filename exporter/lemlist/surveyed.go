package lemlist

import (
	"sync"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// surveyedAge is how old a first page of the survey may be when the walk begins: a list that
// a person has looked at for longer is read from its top anew.
const surveyedAge = 10 * time.Second

// surveyedPages are first pages of lists that a survey has read. A walk that follows at once
// begins with them instead of asking for them again: to the argument of docs/walk.md, the
// time in between is a pause between two requests. Only lists with further pages are
// kept: their top is read again by the closing sweep, within the walk. A list of one page,
// and one that is read since a watermark, would be proven by a page of before the walk.
type surveyedPages struct {
	mu    sync.Mutex
	room  int64 // bytes, for further pages
	pages map[string]response
}

// surveyedShare is the share of the memory budget that these pages may take.
const surveyedShare = 8

func newSurveyedPages(memory int64) *surveyedPages {
	return &surveyedPages{room: memory / surveyedShare, pages: make(map[string]response)}
}

// keep takes a first page over, or releases it. A large response is not kept: the others wait
// for its place.
func (s *surveyedPages) keep(user string, got response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := int64(schema.RecordSize(got.page.Record) + len(got.Body.Bytes))
	_, twice := s.pages[user]
	if got.page.Pagination.NextPage == nil || got.Place != nil || size > s.room || twice {
		got.release()
		return
	}
	s.room -= size
	s.pages[user] = got
}

// take returns the first page of a list, once, unless it is too old. The caller releases it.
func (s *surveyedPages) take(user string, now time.Time) (response, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.pages[user]
	if !ok {
		return response{}, false
	}
	delete(s.pages, user)
	// The monotonic clock stands still while a machine sleeps.
	if age := max(now.Sub(got.Sent), now.Round(0).Sub(got.Sent.Round(0))); age > surveyedAge {
		got.release()
		return response{}, false
	}
	got.surveyed = true
	return got, true
}

// drop releases the pages that no walk has taken.
func (s *surveyedPages) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, got := range s.pages {
		got.release()
		delete(s.pages, user)
	}
}
