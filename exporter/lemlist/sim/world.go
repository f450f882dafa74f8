package sim

import (
	"sync"
	"time"
)

// Epoch is the instant a simulation's own clock starts at. No row that was there
// from the start is newer, unless Options.Ahead says so.
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
	shift         uint16 // how often it was handed to the next user
	gone          bool
}

// content says what conversations look like. Row numbers never change meaning.
type content interface {
	// rows returns the rows at the start, by number; none is newer than now.
	rows(now int64) []row
	// teamID and userIDs describe the team. Only ids of userIDs may be asked for.
	teamID() string
	userIDs() []string
	appendID(dst []byte, n uint32) []byte
	appendContactID(dst []byte, n uint32) []byte
	// number is the inverse of appendID; the number may be of no row.
	number(id string) (uint32, bool)
	// appendMembers appends the indexes of the users who take part in row n.
	appendMembers(dst []int, n uint32, r row) []int
	// answered reports whether row n has a reply. It never changes.
	answered(n uint32) bool
	// shown is a row's time as the API shows it.
	shown(milliseconds int64) time.Time
	// appendJSON appends the conversation as the API shows it. It only depends on its arguments.
	appendJSON(dst []byte, n uint32, r row) []byte
}

// world is the state of the team and everything that happened to it. Its methods
// lock it; a read sees one state, unless the options say otherwise.
type world struct {
	*view
	drift    Drift
	stamps   Stamps
	queries  Queries
	hidden   float64
	now      func() time.Time // nil: the clock moves with reads and movements alone
	replicas replicas
	cache    cache

	mu     sync.Mutex
	clock  int64
	step   int
	past   map[uint32][]span
	dead   []uint32
	away   []absence
	events []Event
}

func newWorld(c content, o Options) *world {
	w := &world{
		drift: o.Drift, stamps: o.Stamps, queries: o.Queries, hidden: o.Hidden, now: o.Clock,
		clock: Epoch().UnixMilli(), past: map[uint32][]span{}, cache: newCache(o),
	}
	if w.now != nil {
		w.clock = w.now().UnixMilli()
	}
	rows := c.rows(w.clock)
	w.view = newView(c, o, rows)
	w.replicas = newReplicas(c, o, rows)
	return w
}

// tick moves the clock on for a read. The world must be locked.
func (w *world) tick() {
	if w.now == nil {
		w.clock += tickPerRead
		return
	}
	w.clock = max(w.clock, w.now().UnixMilli())
}

// reading is one page of a list.
type reading struct {
	step  int // number of this read, from 1
	total int // length of the list
	page  int // the page that was read
	rows  []placed
	// last says that the page names no next one, although the total says that there is one.
	last bool
}

// read moves the clock and the rows on by one step and reads one page of a
// user's list. With repeat a page past the end is the last page instead.
func (w *world) read(user, page, size int, repeat bool) reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step++
	w.tick()
	between := w.advance()
	key := w.cache.key(user, page, size)
	if kept, ok := w.cache.find(key, w.clock); ok {
		w.moveAll(between, w.step+1)
		kept.step = w.step
		return kept
	}
	from := w.replicas.answering(w.view, w.seed, w.step)
	got := reading{step: w.step, page: page, total: w.total(from, key.user)}
	switch w.queries {
	case QueriesCountFirst:
		w.moveAll(between, w.step)
		w.fill(&got, from, key.user, size, repeat)
	case QueriesFindFirst:
		w.fill(&got, from, key.user, size, repeat)
		w.moveAll(between, w.step+1)
		got.total = w.total(from, key.user)
	default:
		w.fill(&got, from, key.user, size, repeat)
	}
	w.cache.keep(key, got, w.clock)
	return got
}

// total counts what from shows of a user's list.
func (w *world) total(from *view, user int) int {
	w.replicas.catchUp(from, w.clock)
	length := from.listOf(user).length
	return length - int(float64(length)*w.hidden)
}

// fill reads the rows of a page from a view.
func (w *world) fill(got *reading, from *view, user, size int, repeat bool) {
	shown := w.total(from, user)
	if last := pages(shown, size); repeat && got.page > last {
		got.page = max(last, 1)
	}
	if got.page-1 > shown/size {
		return // also keeps the product below from overflowing
	}
	start := (got.page - 1) * size
	numbers := from.listOf(user).window(make([]uint32, 0, min(size, shown)), start, min(size, max(0, shown-start)))
	got.rows = make([]placed, len(numbers))
	for i, n := range numbers {
		got.rows[i] = placed{n, from.rows[n]}
	}
}

func pages(total, size int) int { return (total + size - 1) / size }
