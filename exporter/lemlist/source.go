package lemlist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
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
	// surveyed are for the walk that follows a survey.
	surveyed *surveyedPages

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
		surveyed: newSurveyedPages(cmp.Or(opts.Memory, exporter.DefaultMemory)),
		memory:   cmp.Or(opts.Memory, exporter.DefaultMemory), margin: cmp.Or(opts.Margin, exporter.DefaultMargin()),
	}, nil
}

// Close closes the connections that are kept open.
func (s *Source) Close() error {
	s.surveyed.drop()
	s.client.Close()
	return nil
}

// Survey implements exporter.Source: it asks for the team once, then for the first page
// of every partition of the tables.
func (s *Source) Survey(ctx context.Context, tables []*schema.Table) (exporter.Survey, error) {
	s.mu.Lock()
	got, err := s.fetchTeam(ctx)
	s.mu.Unlock()
	if err != nil {
		return exporter.Survey{}, err
	}
	found, ofTeam := teamOf(got.page.Record), surveyOf(schema.TeamUsers(), got)
	got.release() // a large page waits for the place of a large team
	users, err := found.choose(s.chosen)
	if err != nil {
		return exporter.Survey{}, err
	}
	survey := exporter.Survey{Source: "lemlist", Rate: ratelimit.Rate(), TeamID: found.id, Endpoint: s.client.Endpoint(), Requests: got.Cost.Requests}
	for _, table := range tables {
		var one exporter.TableSurvey
		var spent client.Cost
		switch table := whole(table); {
		case table.PartitionBy == schema.PartitionUser:
			one, spent, err = surveyInboxes(ctx, s, users)
		case table.Request.Envelope == schema.EnvelopeTeam:
			one = ofTeam
		default:
			one, spent, err = surveySingle(ctx, s.client, table)
		}
		survey.Requests += spent.Requests
		if err != nil {
			return exporter.Survey{}, err
		}
		for _, field := range one.Unknown {
			s.obs.Observe(exporter.UnknownField{Field: field})
		}
		survey.Tables = append(survey.Tables, one)
	}
	survey.Simulated = s.client.Simulated()
	return survey, nil
}

// Walk implements exporter.Source. The walk of a table that is one list a user asks for the
// team first, unless a survey has done so.
func (s *Source) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	if table = whole(table); table.PartitionBy != schema.PartitionUser {
		return &singleWalk{ctx: ctx, client: s.client, obs: s.obs, table: table}
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

// fetchTeam asks for the team, and keeps its ids. The caller holds the lock.
func (s *Source) fetchTeam(ctx context.Context) (response, error) {
	got, err := fetchTable(ctx, s.client, schema.TeamUsers())
	if err != nil {
		return got, fmt.Errorf("read the team: %w", err)
	}
	found := teamOf(got.page.Record)
	s.team = &found
	return got, nil
}

// fetch implements fetcher. The first page of a list may be that of the survey. The walk
// itself asks again when a user is refused, unless the user was chosen.
func (s *Source) fetch(ctx context.Context, r pageRequest) (response, error) {
	if r.first {
		if got, ok := s.surveyed.take(r.user, time.Now()); ok {
			return got, nil
		}
	}
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
