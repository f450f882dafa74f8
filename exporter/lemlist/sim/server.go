package sim

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Server is a simulated API. It is an http.Handler; Start makes it listen. Its
// methods may be called from any goroutine.
type Server struct {
	opts     Options
	world    *world
	limiter  *limiter
	faults   *faults
	watch    *watch
	inbox    inboxRoute
	delivery delivery
	buffers  sync.Pool // of *bytes.Buffer, for pages
}

// New makes a simulation. The error names every option that makes no sense.
func New(options Options) (*Server, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, limiter: newLimiter(o), faults: newFaults(o), watch: newWatch(o)}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.delivery = delivery{gzip: o.Gzip, buffers: &s.buffers, zippers: sync.Pool{New: newZipper}}
	var rows content = newGenerator(o)
	if o.Rows != nil {
		if rows, err = newFixture(o); err != nil {
			return nil, err
		}
	}
	s.world = newWorld(rows, o)
	s.inbox = inboxRoute{opts: &s.opts, world: s.world, buffers: &s.buffers, totals: map[int]int{}}
	return s, nil
}

// Start makes the simulation listen on a loopback address such as
// 127.0.0.1:8080; "" means a free port of 127.0.0.1. It listens until Close is
// called or ctx ends. Anyone on this machine can reach it, nobody else.
func (s *Server) Start(ctx context.Context, address string) (*Running, error) {
	return listen(ctx, s, address)
}

// Key returns the API key that the simulation accepts.
func (s *Server) Key() string { return s.opts.Key }

// TeamID returns the id of the team.
func (s *Server) TeamID() string { return s.world.content.teamID() }

// UserIDs returns the ids of the team's members, in the order GET /team lists them.
func (s *Server) UserIDs() []string { return append([]string(nil), s.world.content.userIDs()...) }

// ServeHTTP answers one request: it notes it, checks method, key and budget,
// reads the data at one instant, and sends the answer, or a fault instead.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	call := s.watch.arrive(r, query)
	defer func() { s.watch.leave(call) }()

	answer, budget := s.answer(r, query, &call)
	if answer.buffer != nil {
		defer s.buffers.Put(answer.buffer)
	}
	pause := s.opts.Latency
	if call.Fault == FaultSlow {
		pause += s.opts.SlowBy
	}
	if !wait(r.Context(), pause) {
		panic(http.ErrAbortHandler) // nobody is there to be answered; returning would send an empty 200
	}
	call.Status = answer.status
	w.Header().Set(HeaderSimulated, "true")
	setRate(w.Header(), &s.opts, budget)
	s.delivery.send(w, r, answer, call.Fault)
}

// answer returns what to send and the budget its headers tell.
func (s *Server) answer(r *http.Request, query url.Values, call *Call) (reply, quota) {
	handle, found := s.route(r.URL.Path)
	budget := s.limiter.look(call.Arrived)
	if r.Method != http.MethodGet {
		return fail(s.opts.Errors, http.StatusMethodNotAllowed, "Method not allowed"), budget
	}
	if !found {
		return appShell(), budget
	}
	if refusal, ok := authorize(&s.opts, r, query); !ok {
		return refusal, budget
	}
	budget = s.limiter.take(call.Arrived)
	if !budget.ok {
		return tooMany(s.opts.Body429), budget
	}
	call.Fault = s.faults.pick(*call)
	if call.Fault == Fault429 {
		budget.remaining = 0
	}
	if failed, ok := failInstead(&s.opts, call.Fault, r); ok {
		return failed, budget
	}
	dice := newStream(s.opts.Seed, topicJitter, uint64(call.Number), 0)
	if !wait(r.Context(), time.Duration(dice.fraction()*float64(s.opts.Jitter))) {
		return reply{}, budget
	}
	return handle(query, call), budget
}

// route finds the handler of a path. Static routes come before those that end in
// an id. Threads (/inbox/{contactId}) are not simulated.
func (s *Server) route(path string) (handler, bool) {
	switch path {
	case listPath:
		return s.inbox.answer, true
	case labelsPath:
		return func(url.Values, *Call) reply { return labels(&s.opts, len(s.world.content.userIDs())) }, true
	case "/api/inbox/email", "/api/inbox/linkedin", "/api/inbox/whatsapp": // they only send
		return func(url.Values, *Call) reply { return fail(s.opts.Errors, http.StatusMethodNotAllowed, "Bad method") }, true
	case "/api/team":
		return func(query url.Values, _ *Call) reply { return team(&s.opts, s.world.content, query) }, true
	case "/api/team/senders":
		return func(query url.Values, _ *Call) reply { return senders(s.world.content, query) }, true
	}
	if id, ok := last(path, "/api/users/"); ok {
		return func(url.Values, *Call) reply { return user(&s.opts, s.world.content, id) }, true
	}
	return nil, false
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
	return slices.Clone(s.world.history.events)
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

// Calls returns the first 200,000 requests, in order of arrival.
func (s *Server) Calls() []Call {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return slices.Clone(s.watch.calls)
}

// Stats returns the counters so far.
func (s *Server) Stats() Stats {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	stats := s.watch.stats
	stats.ByStatus = maps.Clone(stats.ByStatus)
	return stats
}

// Violations returns what was done that a reader must never do, one sentence
// each, at most 1000; nil is good. It holds no secret. The rate is judged on any
// stretch of Period, however the server counts, and not at all with Unlimited.
func (s *Server) Violations() []string {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	return slices.Clone(s.watch.violations)
}
