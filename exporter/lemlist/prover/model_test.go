package prover

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// model is a server's list that moves between requests, at the level of the
// argument: ids, times, pages. It shares no code with the walk.
type model struct {
	list    []item // sorted: newest first, equal times by id
	clock   int64  // the server's, in milliseconds
	perPage int
	lastID  int
	script  script
	answers int
	local   time.Time

	// What a list of the kind we assume never does.
	quirk quirk

	margin Margin   // of the walks over it
	away   []item   // rows that vanished and may return
	past   []moment // what replicas that lag may still show, oldest first
	cached map[Request]shown

	first     map[int]bool // alive at the first answer
	deleted   map[int]bool // deleted at any time after it
	versions  map[int]map[int64]bool
	sweeping  bool                  // whether the prover is
	backdated map[int]time.Duration // by how much the time of a jump or an entry during a sweep was older than the moment, at most
	mostPages int
}

type item struct {
	id   int
	at   int64
	born int64
}

// exact is a walk without a margin: for lists of the kind that the argument assumes.
var exact = Margin{}

// kind is a kind of movement.
type kind int

const (
	jump kind = iota
	enter
	remove
	// What a list of the kind we assume never does.
	vanish   // a row leaves, and may return with the time it had
	comeBack // the row that vanished first returns
	handIn   // a row enters with an old time
	goBack   // a row's time goes back
	kinds
)

// move is one movement: what, to which row (modulo the list), and how much
// later than the one before. Its time is so much older than the moment.
type move struct {
	kind  kind
	where int
	after int64
	older int64
}

// script gives the movements before an answer, counted from 0.
type script func(answer int) []move

// quirk is a way to break the assumptions.
type quirk struct {
	past      string // beyond the end: "empty" (default), "last", "refuse"
	noTotal   bool
	total     func(answer, exact int) int
	unsorted  bool // pages of a list in the order of ids
	perPage   func(answer int) int
	cap       int  // pages after which nextPage is null
	stuckPage int  // page that names itself as the next one
	fixed     bool // the size asked for is ignored
	sameNext  bool // every page is the first, and names the next number
	irregular
}

func (m *model) before(a, b item) int {
	if m.quirk.unsorted {
		return cmp.Compare(a.id, b.id)
	}
	return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.id, b.id))
}

func newModel(ats []int64, perPage int, moves script) *model {
	m := &model{perPage: perPage, script: moves, versions: map[int]map[int64]bool{}, deleted: map[int]bool{}, backdated: map[int]time.Duration{}, local: time.Unix(1_700_000_000, 0)}
	for _, at := range ats {
		m.add(at, 0)
		m.clock = max(m.clock, at)
	}
	return m
}

// add puts a row at its place. Odd salts make ids that sort before others.
func (m *model) add(at int64, salt int) (id int) {
	m.lastID++
	id = m.lastID*2 + 1_000_000
	if salt%2 == 1 {
		id = 1_000_000 - m.lastID*2
	}
	m.place(item{id, at, at})
	return id
}

func (m *model) place(row item) {
	i, _ := slices.BinarySearchFunc(m.list, row, m.before)
	m.list = slices.Insert(m.list, i, row)
	if m.versions[row.id] == nil {
		m.versions[row.id] = map[int64]bool{}
	}
	m.versions[row.id][row.at] = true
}

func (m *model) play(moves []move) {
	for _, move := range moves {
		m.clock += move.after
		switch move.kind {
		case enter:
			if id := m.add(m.clock-move.older, move.where); m.sweeping {
				m.backdated[id] = time.Duration(move.older) * time.Millisecond
			}
			continue
		case comeBack:
			if len(m.away) > 0 {
				m.place(m.away[0])
				m.away = m.away[1:]
			}
			continue
		default:
		}
		if len(m.list) == 0 {
			continue
		}
		at := move.where % len(m.list)
		row := m.list[at]
		if move.kind == handIn {
			m.add(row.at, move.where)
			continue
		}
		m.list = slices.Delete(m.list, at, at+1)
		switch move.kind {
		case remove:
			m.deleted[row.id] = true
			continue
		case vanish:
			m.deleted[row.id] = true // it was not there all the time
			m.away = append(m.away, row)
			continue
		case goBack:
			row.at -= 1 + move.older
		default:
			row.at = max(row.at, m.clock-move.older)
			if m.sweeping {
				m.backdated[row.id] = max(m.backdated[row.id], time.Duration(m.clock-row.at)*time.Millisecond)
			}
		}
		m.place(row)
	}
}

// answer plays the movements that come before the answer and gives the page;
// false is a refusal.
func (m *model) answer(q Request) (Page, bool) {
	m.wait(q)
	sent := m.local
	r, ok := m.serve(q.Page, q.Size)
	m.clock++ // no two answers within the clock's resolution
	m.local = m.local.Add(20 * time.Millisecond)
	r.sent, r.arrived = sent, m.local
	return r, ok
}

// wait lets the time pass until a request may be sent.
func (m *model) wait(q Request) {
	if rest := q.After.Sub(m.local); rest > 0 {
		m.local = m.local.Add(rest)
		m.clock += int64(rest/tick) + 1
	}
}

// serve does the same at one moment: no time passes.
func (m *model) serve(page, limit int64) (Page, bool) {
	m.play(m.script(m.answers))
	if m.first == nil {
		m.first, m.deleted = map[int]bool{}, map[int]bool{}
		for _, row := range m.list {
			m.first[row.id] = true
		}
	}
	defer func() { m.answers++ }()
	if r, ok := m.recall(page, limit); ok {
		return r, true
	}
	list, total := m.sweep()

	size := m.perPage
	if m.quirk.perPage != nil {
		size = m.quirk.perPage(m.answers)
	}
	if limit > 0 && !m.quirk.fixed {
		size = min(size, int(limit))
	}
	pages := (len(list) + size - 1) / size
	m.mostPages = max(m.mostPages, pages)
	served := int(page)
	if m.quirk.sameNext {
		served = 1
	}
	if served > max(pages, 1) {
		switch m.quirk.past {
		case "refuse":
			return Page{}, false
		case "last":
			served = max(pages, 1)
		}
	}
	from := min((served-1)*size, len(list))
	to := min(from+size, len(list))
	says := Stated{Current: new(int64(served)), PerPage: new(int64(size))}
	if served < pages {
		says.Next = new(int64(served) + 1)
	}
	switch {
	case m.quirk.sameNext:
		says.Next, says.Current = new(page+1), nil
	case m.quirk.stuckPage == served:
		says.Next = new(int64(served))
	case m.quirk.cap > 0 && served >= m.quirk.cap:
		says.Next = nil
	}
	if m.quirk.total != nil {
		total = m.quirk.total(m.answers, total)
	}
	if !m.quirk.noTotal {
		says.Total = new(int64(total))
	}
	if m.quirk.short != nil && m.quirk.short(m.answers, served) {
		to -= (to - from + 1) / 2
	}
	rows := make([]Row, 0, to-from)
	for _, one := range list[from:to] {
		rows = append(rows, Row{ID: modelID(one.id), At: one.at * 1000, Created: one.born * 1000})
	}
	r := NewPage(page, rows, says, m.local, m.local)
	m.keep(page, limit, r)
	return r, true
}

func modelID(id int) schema.IDHash { return schema.HashID(fmt.Sprint("ibx_", id)) }

// union is what an export would hold: of every id the newest version.
type union map[schema.IDHash]int64

func (u union) add(rows []Row) {
	for _, row := range rows {
		if at, ok := u[row.ID]; !ok || row.At >= at {
			u[row.ID] = row.At
		}
	}
}

// prove reads the model's list with a prover.
func prove(m *model) (*Prover, union) { return proveUntil(m, func(*Prover) bool { return false }) }

// proveUntil does the same and stops early.
func proveUntil(m *model, stop func(*Prover) bool) (*Prover, union) {
	p, found := New(m.margin), union{}
	for q, more := ask(p); more && !stop(p); q, more = ask(p) {
		m.sweeping = p.phase == sweeping
		r, ok := m.answer(q)
		if !ok {
			if !p.Refuse(q) {
				p.GiveUp("refused")
			}
			continue
		}
		p.Observe(q, r)
		found.add(r.Rows)
	}
	return p, found
}

// ask is the next request of a list that is alone.
func ask(p *Prover) (Request, bool) {
	if q, more := p.Next(1); more || p.inFlight > 0 {
		return q, more
	}
	if !p.SweepAgain(p.read) {
		return Request{}, false
	}
	return p.Next(1)
}

// plain reads page after page until there is no next one.
func plain(m *model) union {
	found := union{}
	for page := int64(1); page != 0; {
		r, ok := m.answer(Request{Page: page})
		if !ok {
			break
		}
		found.add(r.Rows)
		page = r.next
	}
	return found
}

// broken says how the rows found break the promise; "" when they keep it.
func (m *model) broken(found union) string {
	if lost := m.lost(found); lost > 0 {
		return fmt.Sprintf("%d conversations alive during the whole walk are missing", lost)
	}
	known := map[schema.IDHash]map[int64]bool{}
	for id, versions := range m.versions {
		known[modelID(id)] = versions
	}
	for id, at := range found {
		if at != never && !known[id][at/1000] {
			return "a version that never was"
		}
	}
	return ""
}

// rates is a script of so many movements per request, on average, for ever.
func rates(seed uint64, jumps, enters, removes float64) script {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(answer int) []move {
		var moves []move
		for of, rate := range []float64{jumps, enters, removes} {
			for range poisson(random, rate) {
				moves = append(moves, move{kind: kind(of), where: random.IntN(1 << 30), after: int64(random.IntN(3))})
			}
		}
		random.Shuffle(len(moves), func(i, j int) { moves[i], moves[j] = moves[j], moves[i] })
		if answer == 0 {
			return nil
		}
		return moves
	}
}

// poisson draws a number of events with that mean.
func poisson(random *rand.Rand, mean float64) int {
	count, left := 0, random.ExpFloat64()
	for left < mean {
		left += random.ExpFloat64()
		count++
	}
	return count
}

// quietList is a list of n rows with distinct times.
func quietList(n int) []int64 {
	ats := make([]int64, n)
	for i := range ats {
		ats[i] = int64(i+1) * 7
	}
	return ats
}
