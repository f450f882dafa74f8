package lemlist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Source is a team of the lemlist API. It implements exporter.Source.
type Source struct {
	client *client
	chosen []string
	obs    exporter.Observer
	memory int64 // the budget, in bytes
	margin exporter.Margin

	mu   sync.Mutex
	team *team // once it is known
}

// Open checks the options. It connects to nothing yet.
func Open(opts Options) (*Source, error) {
	if opts.Key.IsZero() {
		return nil, exporter.WithHint(errors.New("there is no API key"), "Set api_key, for instance to env(\"LEMLIST_API_KEY\").")
	}
	base, err := parseEndpoint(opts.Endpoint, opts.Key)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFor(base)
	if err != nil {
		return nil, err
	}
	if opts.Unlimited && !exporter.IsLoopback(base.Hostname()) {
		return nil, errors.New("the rate limit can be switched off for a simulation on this machine only")
	}
	for _, user := range opts.Users {
		if exporter.NewRedactor(opts.Key).Holds(user) {
			return nil, exporter.WithHint(errors.New("one of the users is the API key"), "users takes the ids of users, like usr_…")
		}
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "lemexport"
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	obs := newOnce(opts.Observer)
	return &Source{client: newClient(base, proxy, opts, obs), chosen: slices.Clone(opts.Users), obs: obs, memory: cmp.Or(opts.Memory, exporter.DefaultMemory), margin: cmp.Or(opts.Margin, exporter.DefaultMargin())}, nil
}

// Close closes the connections that are kept open.
func (s *Source) Close() error {
	s.client.transport.CloseIdleConnections()
	return nil
}

// Walk reads every page of every user, or what is newer than since. It asks for
// the team first, unless a survey has done so.
func (s *Source) Walk(ctx context.Context, _ *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	s.client.keep.Store(journal != nil)
	return &teamWalk{ctx: ctx, source: s, since: since, journal: journal}
}

// teamWalk is a walk that finds out whom to read when it starts.
type teamWalk struct {
	ctx    context.Context //nolint:containedctx // a walk is one run; Pages has no argument to carry it
	source *Source
	since  map[string]exporter.Mark
	// journal is where the walk is kept; nil is nowhere.
	journal exporter.Journal
	inner   exporter.Walk // nil until the team is known
}

// Pages implements exporter.Walk.
func (w *teamWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		_, users, _, err := w.source.read(w.ctx, false)
		if err != nil {
			yield(exporter.Page{}, err)
			return
		}
		walk := newWalk(w.ctx, w.source, users, w.source.margin, w.source.obs)
		walk.since, walk.journal = w.since, w.journal
		walk.crew.memory = w.source.memory / flightShare
		w.inner = walk
		walk.Pages()(yield)
	}
}

// Proof implements exporter.Walk.
func (w *teamWalk) Proof() exporter.Proof {
	if w.inner == nil {
		return exporter.Proof{Reasons: []string{"The team could not be read."}}
	}
	return w.inner.Proof()
}

// read returns the team and whom to read of it. It asks for the team unless it
// is known, or in any case with anew.
func (s *Source) read(ctx context.Context, anew bool) (team, []string, cost, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var spent cost
	if s.team == nil || anew {
		var found team
		var err error
		if found, spent, err = s.client.readTeam(ctx); err != nil {
			return team{}, nil, spent, fmt.Errorf("read the team: %w", err)
		}
		s.team = &found
	}
	users, err := s.team.choose(s.chosen)
	return *s.team, users, spent, err
}

// list reads a page of the walk's size.
func (s *Source) list(ctx context.Context, userID string, page int64) (listing, error) {
	return s.fetch(ctx, userID, page, 0)
}

// fetch implements lister. The walk itself asks again when a user is refused, unless
// the user was chosen.
func (s *Source) fetch(ctx context.Context, userID string, page, size int64) (listing, error) {
	if len(s.chosen) == 0 {
		return s.client.fetch(ctx, userID, page, size)
	}
	got, err := s.insist(ctx, userID, page, size)
	return got, s.denied(userID, err)
}

// denied is the error of a request: a user who was chosen is never skipped.
func (s *Source) denied(userID string, err error) error {
	if len(s.chosen) > 0 && errors.Is(err, errUserNotInTeam) {
		err = exporter.WithHint(fmt.Errorf("the API does not give the inbox of %s, who was chosen: %s", userID, err), problemUser.hint()) //nolint:errorlint // hides errUserNotInTeam
	}
	return err
}

// once passes events on, each unknown field one time only.
type once struct {
	to   exporter.Observer
	mu   sync.Mutex
	seen schema.Names
}

func newOnce(to exporter.Observer) *once { return &once{to: to} }

// Observe implements exporter.Observer.
func (o *once) Observe(event exporter.Event) {
	if field, ok := event.(exporter.UnknownField); ok && !o.first(field.Field) {
		return
	}
	if o.to != nil {
		o.to.Observe(event)
	}
}

func (o *once) first(field string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen.Add(field)
}
