package sim

import (
	"slices"
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

// listPage is one page of a list.
type listPage struct {
	step  int // number of this read, from 1
	total int // length of the list
	page  int // the page that was read
	rows  []placed
	// last says that the page names no next one, although the total says that there is one.
	last bool
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

	mu      sync.Mutex
	clock   int64
	step    int
	dead    []uint32
	away    []absence
	history history
}

func newWorld(c content, o Options) *world {
	w := &world{
		drift: o.Drift, stamps: o.Stamps, queries: o.Queries, hidden: o.Hidden, now: o.Clock,
		clock: Epoch().UnixMilli(), history: history{past: map[uint32][]span{}}, cache: newCache(o),
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

// read moves the clock and the rows on by one step and reads one page of a
// user's list. With repeat a page past the end is the last page instead.
func (w *world) read(user, page, size int, repeat bool) listPage {
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
	got := listPage{step: w.step, page: page, total: w.total(from, key.user)}
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
func (w *world) fill(got *listPage, from *view, user, size int, repeat bool) {
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

// versions returns every version of row n. The world must be locked.
func (w *world) versions(n uint32) []Version {
	spans := w.history.spansOf(n, w.rows[n])
	versions := make([]Version, len(spans))
	for i, span := range spans {
		versions[i] = Version{Conversation: w.conversation(n, span.row), From: span.from, To: span.to}
	}
	return versions
}

// advance makes the movements that come before the current step, and returns those
// that fall between its two queries. The world must be locked.
func (w *world) advance() (between []Movement) {
	for len(w.away) > 0 && w.away[0].back <= w.step {
		n := w.away[0].n
		w.away = w.away[1:]
		w.move(Movement{Kind: Restore, ID: string(w.content.appendID(nil, n))}, w.step)
	}
	if w.drift.Script != nil {
		for _, m := range w.drift.Script(w.step) {
			w.move(m, w.step)
		}
	}
	if w.step < 2 || w.drift.Until > 0 && w.step > w.drift.Until {
		return nil
	}
	dice, places := newStream(w.seed, topicDrift, uint64(w.step), 0), newStream(w.seed, topicBetween, uint64(w.step), 0)
	for _, rate := range []struct {
		kind  Kind
		times float64
	}{{Jump, w.drift.Jumps}, {Insert, w.drift.Inserts}, {Delete, w.drift.Deletes}, {Edit, w.drift.Edits},
		{Age, w.drift.Ages}, {Vanish, w.drift.Vanishes}, {Hand, w.drift.Hands}} {
		for range dice.times(rate.times) {
			m := Movement{Kind: rate.kind, Position: int(dice.next() >> 2)}
			if w.queries != QueriesAtomic && places.fraction() < w.drift.Between {
				between = append(between, m)
				continue
			}
			w.move(m, w.step)
		}
	}
	return between
}

// moveAll makes movements that are first seen by read number step. The world must be locked.
func (w *world) moveAll(movements []Movement, step int) {
	for _, m := range movements {
		w.move(m, step)
	}
}

// move makes one movement, first seen by read number step. The world must be locked.
func (w *world) move(m Movement, step int) {
	if w.now == nil {
		w.clock += tickPerMovement
	} else {
		w.clock++
	}
	now := w.stamps.of(w.clock, w.step, newStream(w.seed, topicStamp, uint64(len(w.history.events)), 0))
	now -= now % w.drift.Resolution.Milliseconds()
	n, ok := w.target(m)
	if !ok {
		return
	}
	old := w.rows[n]
	changed := old
	switch m.Kind {
	case Insert:
		changed = row{created: now, last: now}
	case Jump:
		changed.last = max(old.last, now)
		changed.version++
	case Edit:
		changed.version++
	case Age:
		changed.last -= w.drift.AgeBy.Milliseconds()
		changed.version++
	case Hand:
		changed.shift++
		changed.version++
	case Delete:
		changed.gone = true
		w.dead = append(w.dead, n)
	case Vanish:
		changed.gone = true
		w.away = append(w.away, absence{n, step + w.drift.Away})
	case Restore:
		changed.gone = false
		w.dead = slices.DeleteFunc(w.dead, func(dead uint32) bool { return dead == n })
	}
	w.place(n, changed)
	w.replicas.remember(n, changed, w.clock)
	w.history.remember(n, string(w.content.appendID(nil, n)), m.Kind, old, changed, step)
}

// target returns the row that m is about.
func (w *world) target(m Movement) (uint32, bool) {
	if _, fixed := w.content.(*fixture); fixed && m.Kind != Delete && m.Kind != Vanish && m.Kind != Restore {
		return 0, false
	}
	switch {
	case m.Kind == Insert:
		if len(w.rows) >= maxConversations {
			return 0, false
		}
		w.rows = append(w.rows, row{gone: true})
		return uint32(len(w.rows) - 1), true
	case m.ID != "":
		n, ok := w.content.number(m.ID)
		return n, ok && int(n) < len(w.rows) && w.rows[n].gone == (m.Kind == Restore)
	case m.Kind == Restore:
		if len(w.dead) == 0 {
			return 0, false
		}
		return w.dead[len(w.dead)-1], true
	}
	from := &w.team
	if user := slices.Index(w.content.userIDs(), m.User); user >= 0 {
		from = w.listOf(user)
	}
	if from.length == 0 {
		return 0, false
	}
	return from.at(int(uint(m.Position) % uint(from.length))), true
}

func pages(total, size int) int { return (total + size - 1) / size }
