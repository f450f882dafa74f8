package sim

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Epoch is the instant a simulation's own clock starts at. No row that was there
// from the start is newer.
func Epoch() time.Time { return time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC) }

// How far the simulation's clock moves, in milliseconds.
const (
	tickPerRead     = 50
	tickPerMovement = 7
)

// row is what is kept of a conversation; everything else is made on demand.
type row struct {
	created, last int64 // Unix milliseconds
	version       uint32
	gone          bool
}

// content says what conversations look like. Row numbers never change meaning.
type content interface {
	// rows returns the rows at the start, by number.
	rows() []row
	// teamID and userIDs describe the team. Only ids of userIDs may be asked for.
	teamID() string
	userIDs() []string
	appendID(dst []byte, n uint32) []byte
	appendContactID(dst []byte, n uint32) []byte
	// number is the inverse of appendID; the number may be of no row.
	number(id string) (uint32, bool)
	numberOfContact(id string) (uint32, bool)
	// appendMembers appends the indexes of the users who take part in row n.
	appendMembers(dst []int, n uint32) []int
	// answered reports whether row n has a reply. It never changes.
	answered(n uint32) bool
	// appendJSON appends the conversation as the API shows it. It only depends on its arguments.
	appendJSON(dst []byte, n uint32, r row) []byte
}

// world is the state of the team: which rows there are and where they stand.
// Its methods lock it; a read sees one state.
type world struct {
	content content
	scope   Scope
	drift   Drift
	seed    uint64
	shuffle bool

	mu     sync.Mutex
	rows   []row
	team   list   // every row
	users  []list // by user index; unused with ScopeTeam
	clock  int64
	step   int
	past   map[uint32][]span
	dead   []uint32
	events []Event
}

func newWorld(c content, o Options) *world {
	w := &world{
		content: c, scope: o.Scope, drift: o.Drift, seed: o.Seed, shuffle: o.Unsorted,
		rows: c.rows(), clock: Epoch().UnixMilli(), past: map[uint32][]span{},
	}
	order := make([]uint32, len(w.rows))
	for n := range order {
		order[n] = uint32(n)
	}
	slices.SortFunc(order, w.compare)
	before := func(a, b uint32) bool { return w.compare(a, b) < 0 }
	w.team.before = before
	w.team.fill(order)
	if w.scope == ScopeTeam {
		return w
	}
	w.users = make([]list, len(c.userIDs()))
	lists := make([][]uint32, len(w.users))
	var members []int
	for _, n := range order {
		members = w.appendLists(members[:0], n)
		for _, user := range members {
			lists[user] = append(lists[user], n)
		}
	}
	for user := range w.users {
		w.users[user].before = before
		w.users[user].fill(lists[user])
		lists[user] = nil
	}
	return w
}

// compare orders rows newest first, equal times by id.
func (w *world) compare(a, b uint32) int {
	if a == b {
		return 0
	}
	if w.shuffle {
		x, y := newStream(w.seed, topicOrder, uint64(a), 0), newStream(w.seed, topicOrder, uint64(b), 0)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	}
	if w.rows[a].last != w.rows[b].last {
		return cmp.Compare(w.rows[b].last, w.rows[a].last)
	}
	var x, y [64]byte
	return cmp.Or(slices.Compare(w.content.appendID(x[:0], a), w.content.appendID(y[:0], b)), cmp.Compare(a, b))
}

// appendLists appends the indexes of the users in whose lists row n stands.
func (w *world) appendLists(dst []int, n uint32) []int {
	if w.scope == ScopeTeam || w.scope == ScopeAnswered && !w.content.answered(n) {
		return dst
	}
	return w.content.appendMembers(dst, n)
}

// listOf returns the list that user sees. The world must be locked.
func (w *world) listOf(user int) *list {
	if w.scope == ScopeTeam {
		return &w.team
	}
	return &w.users[user]
}

// placed is a row as it was when it was read.
type placed struct {
	n uint32
	row
}

// reading is one page of a list, read at one instant.
type reading struct {
	step  int // number of this read, from 1
	total int // length of the list
	page  int // the page that was read
	rows  []placed
}

// read moves the clock and the rows on by one step and reads one page of a
// user's list. With repeat a page past the end is the last page instead.
func (w *world) read(user, page, size int, repeat bool) reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	w.clock += tickPerRead
	w.advance()
	from := w.listOf(user)
	got := reading{step: w.step, total: from.length, page: page}
	if last := pages(got.total, size); repeat && page > last {
		got.page = max(last, 1)
	}
	if got.page-1 > got.total/size {
		return got // also keeps the product below from overflowing
	}
	numbers := from.window(make([]uint32, 0, min(size, got.total)), (got.page-1)*size, size)
	got.rows = make([]placed, len(numbers))
	for i, n := range numbers {
		got.rows[i] = placed{n, w.rows[n]}
	}
	return got
}

// contact returns the living row of a contact.
func (w *world) contact(contactID string) (placed, bool) {
	n, ok := w.content.numberOfContact(contactID)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !ok || int(n) >= len(w.rows) || w.rows[n].gone {
		return placed{}, false
	}
	return placed{n, w.rows[n]}, true
}

func pages(total, size int) int { return (total + size - 1) / size }
