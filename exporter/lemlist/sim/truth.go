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

// history is every version of the rows that changed, and every movement.
type history struct {
	past   map[uint32][]span
	events []Event
}

// remember records that row n, which has that id, changed from old to changed before read number step.
func (h *history) remember(n uint32, id string, kind Kind, old, changed row, step int) {
	spans := h.past[n]
	if spans == nil && kind != Insert {
		spans = []span{{row: old}}
	}
	if !old.gone {
		spans[len(spans)-1].to = step
	}
	if !changed.gone {
		spans = append(spans, span{row: changed, from: step})
	}
	h.past[n] = spans
	h.events = append(h.events, Event{
		Kind: kind, ID: id, Step: step, At: time.UnixMilli(changed.last).UTC(),
	})
}

// spansOf returns every version of row n, which looks like now.
func (h *history) spansOf(n uint32, now row) []span {
	if spans, ok := h.past[n]; ok {
		return spans
	}
	return []span{{row: now}}
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
