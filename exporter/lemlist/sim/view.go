package sim

import (
	"cmp"
	"slices"
)

// view is one state of the team: which rows there are and where they stand. The
// world is one, and so is every replica of it that lags.
type view struct {
	content content
	scope   Scope
	seed    uint64
	shuffle bool
	rows    []row
	team    list   // every row
	users   []list // by user index; unused with ScopeTeam
}

func newView(c content, o Options, rows []row) *view {
	v := &view{content: c, scope: o.Scope, seed: o.Seed, shuffle: o.Unsorted, rows: rows}
	order := make([]uint32, len(v.rows))
	for n := range order {
		order[n] = uint32(n)
	}
	slices.SortFunc(order, v.compare)
	before := func(a, b uint32) bool { return v.compare(a, b) < 0 }
	v.team.before = before
	v.team.fill(order)
	if v.scope == ScopeTeam {
		return v
	}
	v.users = make([]list, len(c.userIDs()))
	lists := make([][]uint32, len(v.users))
	var members []int
	for _, n := range order {
		members = v.appendLists(members[:0], n, v.rows[n])
		for _, user := range members {
			lists[user] = append(lists[user], n)
		}
	}
	for user := range v.users {
		v.users[user].before = before
		v.users[user].fill(lists[user])
		lists[user] = nil
	}
	return v
}

// compare orders rows newest first, equal times by id.
func (v *view) compare(a, b uint32) int {
	if a == b {
		return 0
	}
	if v.shuffle {
		x, y := newStream(v.seed, topicOrder, uint64(a), 0), newStream(v.seed, topicOrder, uint64(b), 0)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	}
	if v.rows[a].last != v.rows[b].last {
		return cmp.Compare(v.rows[b].last, v.rows[a].last)
	}
	var x, y [64]byte
	return cmp.Or(slices.Compare(v.content.appendID(x[:0], a), v.content.appendID(y[:0], b)), cmp.Compare(a, b))
}

// appendLists appends the indexes of the users in whose lists row n stands when it is r.
func (v *view) appendLists(dst []int, n uint32, r row) []int {
	if v.scope == ScopeTeam || v.scope == ScopeAnswered && !v.content.answered(n) {
		return dst
	}
	return v.content.appendMembers(dst, n, r)
}

// listOf returns the list that user sees.
func (v *view) listOf(user int) *list {
	if v.scope == ScopeTeam {
		return &v.team
	}
	return &v.users[user]
}

// placed is a row as it was when it was read.
type placed struct {
	n uint32
	row
}

// place makes row n look like changed and moves it to its new place in every list.
func (v *view) place(n uint32, changed row) {
	if int(n) == len(v.rows) {
		v.rows = append(v.rows, row{gone: true})
	}
	if old := v.rows[n]; !old.gone {
		v.team.remove(n)
		for _, user := range v.appendLists(nil, n, old) {
			v.users[user].remove(n)
		}
	}
	v.rows[n] = changed
	if !changed.gone {
		v.team.insert(n)
		for _, user := range v.appendLists(nil, n, changed) {
			v.users[user].insert(n)
		}
	}
}

// describe returns the conversations of a list.
func (v *view) describe(l *list) []Conversation {
	all := make([]Conversation, 0, l.length)
	for _, block := range l.blocks {
		for _, n := range block {
			all = append(all, v.conversation(n, v.rows[n]))
		}
	}
	return all
}

// conversation describes row n when it is r.
func (v *view) conversation(n uint32, r row) Conversation {
	userIDs := v.content.userIDs()
	users := userIDs
	if v.scope != ScopeTeam {
		users = nil
		for _, user := range v.appendLists(nil, n, r) {
			users = append(users, userIDs[user])
		}
	}
	return Conversation{
		ID:             string(v.content.appendID(nil, n)),
		ContactID:      string(v.content.appendContactID(nil, n)),
		LastActivityAt: v.content.shown(r.last),
		HaveReplies:    v.content.answered(n),
		Version:        int(r.version),
		Users:          users,
		n:              n, row: r, from: v.content,
	}
}
