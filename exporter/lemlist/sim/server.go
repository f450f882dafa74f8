package sim

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Server is a simulated API. It is an http.Handler; Start makes it listen. Its
// methods may be called from any goroutine.
type Server struct {
	opts    Options
	world   *world
	limiter *limiter
	faults  *faults
	watch   *watch
	words   words
	buffers sync.Pool // of *bytes.Buffer, for pages
	zippers sync.Pool // of *gzip.Writer

	mu     sync.Mutex
	totals map[int]int // the first total of each user, for TotalStale
}

// New makes a simulation. The error names every option that makes no sense.
func New(options Options) (*Server, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, limiter: newLimiter(o), faults: newFaults(o), watch: newWatch(o), words: newWords(), totals: map[int]int{}}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.zippers.New = newZipper
	if o.Rows == nil {
		s.world = newWorld(newGenerator(o), o)
		return s, nil
	}
	rows, err := newFixture(o)
	if err != nil {
		return nil, err
	}
	s.world = newWorld(rows, o)
	return s, nil
}

// Key returns the API key that the simulation accepts.
func (s *Server) Key() string { return s.opts.Key }

// TeamID returns the id of the team.
func (s *Server) TeamID() string { return s.world.content.teamID() }

// UserIDs returns the ids of the team's members, in the order GET /team lists them.
func (s *Server) UserIDs() []string { return append([]string(nil), s.world.content.userIDs()...) }

// reply is an answer before it is sent.
type reply struct {
	status int
	kind   string // content type; "" with an empty body
	body   []byte
	buffer *bytes.Buffer // holds body and goes back to the pool; may be nil
}

const (
	kindJSON = "application/json; charset=utf-8"
	kindText = "text/plain; charset=utf-8"
	kindHTML = "text/html; charset=utf-8"
)

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
	s.setRate(w.Header(), budget)
	s.deliver(w, r, answer, call.Fault)
}

// answer returns what to send and the budget its headers tell.
func (s *Server) answer(r *http.Request, query url.Values, call *Call) (reply, quota) {
	handle, found := s.route(r.URL.Path)
	budget := s.limiter.look(call.Arrived)
	if r.Method != http.MethodGet {
		return s.fail(http.StatusMethodNotAllowed, "Method not allowed"), budget
	}
	if !found {
		return appShell(), budget
	}
	if refusal, ok := s.authorize(r, query); !ok {
		return refusal, budget
	}
	budget = s.limiter.take(call.Arrived)
	if !budget.ok {
		return s.tooMany(), budget
	}
	call.Fault = s.faults.pick(*call)
	if call.Fault == Fault429 {
		budget.remaining = 0
	}
	if failed, ok := s.failInstead(call.Fault, r); ok {
		return failed, budget
	}
	dice := newStream(s.opts.Seed, topicJitter, uint64(call.Number), 0)
	if !wait(r.Context(), time.Duration(dice.fraction()*float64(s.opts.Jitter))) {
		return reply{}, budget
	}
	return handle(query, call), budget
}

// wait waits for a time, or for ctx; it reports whether the time passed.
func wait(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
