package prover

import (
	"math/rand/v2"
	"slices"
	"time"
)

// irregular is what real servers do: clocks, caches, replicas, counts.
type irregular struct {
	// counts says that totalItems and the rows are of two moments, and which comes
	// first: "before" or "after" the rows. between gives the movements in between.
	counts  string
	between script
	// lag is how old the state may be that an answer shows; which gives a number
	// below n, the state of n, the last of which is the newest.
	lag   time.Duration
	which func(n int) int
	// kept is how long an answer is given again to the same page of the same size.
	kept time.Duration
	// short names pages that come with half of their rows.
	short func(answer, page int) bool
}

// moment is a state of the list, and when it began.
type moment struct {
	list []item
	from time.Time
}

// shown is an answer in a cache.
type shown struct {
	r  Page
	at time.Time
}

// sweep is what the next answer shows: the rows and how many there are.
func (m *model) sweep() (list []item, total int) {
	if m.quirk.lag > 0 {
		m.past = append(m.past, moment{slices.Clone(m.list), m.local})
		// A state may be shown until lag after the next one began.
		for len(m.past) > 1 && m.local.Sub(m.past[1].from) > m.quirk.lag {
			m.past = m.past[1:]
		}
		list = m.past[m.quirk.which(len(m.past))].list
		return list, len(list)
	}
	total = len(m.list)
	if m.quirk.between != nil {
		moves := m.quirk.between(m.answers)
		if m.quirk.counts == "after" {
			list = slices.Clone(m.list)
			m.play(moves)
			return list, len(m.list)
		}
		m.play(moves)
	}
	return m.list, total
}

// recall is the answer of a cache.
func (m *model) recall(page, limit int64) (Page, bool) {
	one, ok := m.cached[Request{Page: page, Size: limit}]
	one.r.Rows = slices.Clone(one.r.Rows)
	return one.r, ok && m.local.Sub(one.at) < m.quirk.kept
}

func (m *model) keep(page, limit int64, r Page) {
	if m.quirk.kept == 0 {
		return
	}
	if m.cached == nil {
		m.cached = map[Request]shown{}
	}
	m.cached[Request{Page: page, Size: limit}] = shown{r, m.local}
}

// ratesOf is a script of so many movements of each kind per request, on average,
// with times up to that much older than the moment. Of three seeds one is as busy
// as that, one moves a fifth as often, and one rarely.
func ratesOf(seed uint64, rates map[kind]float64, older int64) script {
	random, busy := rand.New(rand.NewPCG(seed, 2)), []float64{1, 0.2, 0.04}[seed%3]
	return func(answer int) []move {
		var moves []move
		for of := range kinds {
			for range poisson(random, busy*rates[of]) {
				moves = append(moves, move{of, random.IntN(1 << 30), int64(random.IntN(3)), random.Int64N(older + 1)})
			}
		}
		random.Shuffle(len(moves), func(i, j int) { moves[i], moves[j] = moves[j], moves[i] })
		if answer == 0 {
			return nil
		}
		return moves
	}
}
