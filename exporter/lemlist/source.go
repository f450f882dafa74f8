package lemlist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/schema"
)

// Source is a team of the lemlist API. It implements exporter.Source.
type Source struct {
	client  *client.Client
	fetcher *inboxFetcher
	chosen  []string
	obs     exporter.Observer
	memory  int64 // the budget, in bytes
	margin  exporter.Margin

	mu   sync.Mutex
	team *team // once it is known
}

// Open checks the options. It connects to nothing yet.
func Open(opts Options) (*Source, error) {
	obs := newOnce(opts.Observer)
	c, err := opts.client(obs)
	if err != nil {
		return nil, err
	}
	for _, user := range opts.Users {
		if exporter.NewRedactor(opts.Key).Holds(user) {
			return nil, exporter.WithHint(errors.New("one of the users is the API key"), "users takes the ids of users, like usr_…")
		}
	}
	return &Source{
		client: c, fetcher: newInboxFetcher(c, obs, pageSizesToTry()), chosen: slices.Clone(opts.Users), obs: obs,
		memory: cmp.Or(opts.Memory, exporter.DefaultMemory), margin: cmp.Or(opts.Margin, exporter.DefaultMargin()),
	}, nil
}

// Close closes the connections that are kept open.
func (s *Source) Close() error {
	s.client.Close()
	return nil
}

// Walk implements exporter.Source. The walk of a table that is one list a user asks for the
// team first, unless a survey has done so.
func (s *Source) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	if table = whole(table); table.PartitionBy != schema.PartitionUser {
		return &singleWalk{ctx: ctx, source: s, table: table}
	}
	return &teamWalk{ctx: ctx, source: s, since: since, journal: journal}
}

// whole is the table with all of its columns, whatever the export leaves out or hashes.
func whole(table *schema.Table) *schema.Table {
	if all, known := schema.Lookup(table.Name); known {
		return all
	}
	return table
}

// usersToRead are the users whose lists are read. It asks for the team unless it is known.
func (s *Source) usersToRead(ctx context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.team == nil {
		got, err := s.fetchTeam(ctx)
		if err != nil {
			return nil, err
		}
		got.release()
	}
	return s.team.choose(s.chosen)
}

// fetch implements fetcher. The walk itself asks again when a user is refused, unless
// the user was chosen.
func (s *Source) fetch(ctx context.Context, r pageRequest) (response, error) {
	if len(s.chosen) == 0 {
		return s.fetcher.fetch(ctx, r)
	}
	got, err := s.insist(ctx, r)
	return got, s.denied(r.user, err)
}

// insist reads a page, and asks once more after a while when the API says that the
// user is not in the team: it may say so by mistake.
func (s *Source) insist(ctx context.Context, r pageRequest) (response, error) {
	got, err := s.fetcher.fetch(ctx, r)
	if !errors.Is(err, client.ErrUserNotInTeam) {
		return got, err
	}
	timer := time.NewTimer(s.margin.Settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return got, ctx.Err()
	}
	spent := got.Cost
	got, err = s.fetcher.fetch(ctx, r)
	got.Cost.Add(spent)
	return got, err
}

// denied is the error of a request: a user who was chosen is never skipped.
func (s *Source) denied(userID string, err error) error {
	if len(s.chosen) > 0 && errors.Is(err, client.ErrUserNotInTeam) {
		err = exporter.WithHint(fmt.Errorf("the API does not give the inbox of %s, who was chosen: %s", userID, err), exporter.Hint(err)) //nolint:errorlint // hides ErrUserNotInTeam
	}
	return err
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
		users, err := w.source.usersToRead(w.ctx)
		if err != nil {
			yield(exporter.Page{}, err)
			return
		}
		walk := newWalk(w.ctx, w.source, users, w.source.margin, w.source.obs)
		walk.since, walk.journal = w.since, w.journal
		walk.concurrency.memory = w.source.memory / inFlightShare
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
