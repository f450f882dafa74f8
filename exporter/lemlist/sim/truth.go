package sim

import (
	"slices"
	"time"
)

// span is a version of a row and the reads that could see it: from <= step < to;
// to is 0 while it is current.
type span struct {
	row
	from, to int
}

// remember records that row n changed from old to changed before read number step.
func (w *world) remember(n uint32, kind Kind, old, changed row, step int) {
	spans := w.past[n]
	if spans == nil && kind != Insert {
		spans = []span{{row: old}}
	}
	if !old.gone {
		spans[len(spans)-1].to = step
	}
	if !changed.gone {
		spans = append(spans, span{row: changed, from: step})
	}
	w.past[n] = spans
	w.events = append(w.events, Event{
		Kind: kind, ID: string(w.content.appendID(nil, n)), Step: step, At: time.UnixMilli(changed.last).UTC(),
	})
}

// spansOf returns every version of row n. The world must be locked.
func (w *world) spansOf(n uint32) []span {
	if spans, ok := w.past[n]; ok {
		return spans
	}
	return []span{{row: w.rows[n]}}
}

// Conversation is the truth about one conversation at one moment.
type Conversation struct {
	ID, ContactID  string
	LastActivityAt time.Time // as the API shows it
	HaveReplies    bool
	// Version counts the changes of the row, from 0.
	Version int
	// Users are the ids of the users in whose lists it stands.
	Users []string

	n    uint32
	row  row
	from content
}

// Raw returns the conversation's JSON as the API serves this version of it.
func (c Conversation) Raw() []byte { return c.from.appendJSON(nil, c.n, c.row) }

// Version is one version of a conversation and the reads that could see it.
type Version struct {
	Conversation
	// From is the number of the first read that could see it; 0 is the start.
	From int
	// To is the number of the first read that could not; 0 means it is current.
	To int
}

// Step returns the number of list reads so far.
func (s *Server) Step() int {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.step
}

// Conversations returns every living conversation of the team, in the order of
// the lists.
func (s *Server) Conversations() []Conversation {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.describe(&s.world.team)
}

// List returns what a user's list holds now, in order; nil for an unknown user.
func (s *Server) List(userID string) []Conversation {
	user := slices.Index(s.UserIDs(), userID)
	if user < 0 {
		return nil
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.describe(s.world.listOf(user))
}

// Ever returns every conversation there ever was, each with all its versions,
// in the order of their birth.
func (s *Server) Ever() [][]Version {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	all := make([][]Version, len(s.world.rows))
	for n := range all {
		all[n] = s.world.versions(uint32(n))
	}
	return all
}

// History returns every version of a conversation, oldest first; nil for an unknown id.
// Gaps between them are times at which it was deleted.
func (s *Server) History(id string) []Version {
	n, ok := s.world.content.number(id)
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if !ok || int(n) >= len(s.world.rows) {
		return nil
	}
	return s.world.versions(n)
}

// Events returns every movement so far, in order.
func (s *Server) Events() []Event {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return slices.Clone(s.world.events)
}

// Move makes movements now, between two reads.
func (s *Server) Move(movements ...Movement) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if s.world.now != nil {
		s.world.tick()
	}
	s.world.moveAll(movements, s.world.step+1)
}

// AliveThroughout returns the ids of the conversations in a user's list that
// every read from number first to number last could see.
func (s *Server) AliveThroughout(userID string, first, last int) []string {
	var alive []string
	for _, versions := range s.Ever() {
		if Throughout(versions, []string{userID}, first, last) {
			alive = append(alive, versions[0].ID)
		}
	}
	return alive
}

// Throughout reports whether every read from number first to number last could see
// a conversation, given its versions, in the list of one of the users.
func Throughout(versions []Version, users []string, first, last int) bool {
	next := first // the first read not yet known to see it
	for _, v := range versions {
		if v.From <= next && (v.To == 0 || v.To > next) && v.In(users) {
			if v.To == 0 || v.To > last {
				return true
			}
			next = v.To
		}
	}
	return false
}

// In reports whether the version stands in the list of one of the users.
func (v Version) In(users []string) bool {
	return slices.ContainsFunc(users, func(user string) bool { return slices.Contains(v.Users, user) })
}

// At returns the version that read number step could see in the list of one of the
// users; false when there was none.
func At(versions []Version, users []string, step int) (Version, bool) {
	for _, v := range versions {
		if v.From <= step && (v.To == 0 || step < v.To) && v.In(users) {
			return v, true
		}
	}
	return Version{}, false
}

func (w *world) describe(l *list) []Conversation {
	all := make([]Conversation, 0, l.length)
	for _, block := range l.blocks {
		for _, n := range block {
			all = append(all, w.conversation(n, w.rows[n]))
		}
	}
	return all
}

func (w *world) versions(n uint32) []Version {
	spans := w.spansOf(n)
	versions := make([]Version, len(spans))
	for i, span := range spans {
		versions[i] = Version{Conversation: w.conversation(n, span.row), From: span.from, To: span.to}
	}
	return versions
}

func (w *world) conversation(n uint32, r row) Conversation {
	userIDs := w.content.userIDs()
	users := userIDs
	if w.scope != ScopeTeam {
		users = nil
		for _, user := range w.appendLists(nil, n, r) {
			users = append(users, userIDs[user])
		}
	}
	return Conversation{
		ID:             string(w.content.appendID(nil, n)),
		ContactID:      string(w.content.appendContactID(nil, n)),
		LastActivityAt: w.content.shown(r.last),
		HaveReplies:    w.content.answered(n),
		Version:        int(r.version),
		Users:          users,
		n:              n, row: r, from: w.content,
	}
}
