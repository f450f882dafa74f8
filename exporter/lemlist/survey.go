package lemlist

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// firstPage is what the survey keeps of one user's first page.
type firstPage struct {
	survey  exporter.PartitionSurvey
	skipped bool
	unknown []string
	cost    cost
	err     error
}

// Survey implements exporter.Source: it asks for the team, then for the first
// page of every user, several at once.
func (s *Source) Survey(ctx context.Context, _ []*schema.Table) (exporter.Survey, error) {
	found, users, spent, err := s.read(ctx, true)
	if err != nil {
		return exporter.Survey{}, err
	}
	survey := exporter.Survey{TeamID: found.id, Endpoint: s.client.base.String(), Requests: spent.requests}
	one := exporter.TableSurvey{Table: schema.InboxConversations().Name}
	pages, unknown := s.firstPages(ctx, users)
	for i, first := range pages {
		survey.Requests += first.cost.requests
		switch {
		case first.err != nil:
			return exporter.Survey{}, first.err
		case first.skipped:
			one.Skipped = append(one.Skipped, exporter.SkippedPartition{Partition: users[i], Reason: errUserNotInTeam.Error()})
			continue
		}
		one.Partitions = append(one.Partitions, first.survey)
	}
	one.Unknown = unknown
	for _, field := range one.Unknown {
		s.obs.Observe(exporter.UnknownField{Field: field})
	}
	survey.Tables = []exporter.TableSurvey{one}
	survey.Simulated = s.client.simulated.Load()
	return survey, nil
}

// firstPages reads the first page of every user, in the order of users, and returns
// the unknown fields of all. The first error stops the others, and is the only one
// in the result.
func (s *Source) firstPages(ctx context.Context, users []string) ([]firstPage, []string) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var unknown schema.Names
	failed, done := false, int64(0)
	pages := make([]firstPage, len(users))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(len(users), exporter.RateLimit) {
		workers.Go(func() {
			for i := range next {
				page := s.firstPage(ctx, users[i])
				mu.Lock()
				for _, name := range page.unknown {
					unknown.Add(name)
				}
				page.unknown = nil
				if page.err != nil {
					if failed {
						page.err = nil
					}
					failed = true
					stop()
				}
				pages[i] = page
				done++
				s.obs.Observe(exporter.Surveyed{Done: done, Of: int64(len(users))})
				mu.Unlock()
			}
		})
	}
	for i := 0; i < len(users) && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	workers.Wait()
	if ctx.Err() != nil && !failed { // before the first user
		pages[0].err = ctx.Err()
	}
	return pages, unknown.List()
}

// insist reads a page, and asks once more after a while when the API says that the
// user is not in the team: it may say so by mistake.
func (s *Source) insist(ctx context.Context, userID string, page, size int64) (listing, error) {
	got, err := s.client.fetch(ctx, userID, page, size)
	if !errors.Is(err, errUserNotInTeam) {
		return got, err
	}
	timer := time.NewTimer(s.margin.Settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return got, ctx.Err()
	}
	spent := got.cost
	got, err = s.client.fetch(ctx, userID, page, size)
	got.cost.add(spent)
	return got, err
}

func (s *Source) firstPage(ctx context.Context, userID string) firstPage {
	got, err := s.insist(ctx, userID, 1, 0)
	err = s.denied(userID, err)
	first := firstPage{cost: got.cost}
	switch {
	case errors.Is(err, errUserNotInTeam):
		first.skipped = true
		return first
	case err != nil:
		first.err = fmt.Errorf("read the first page of the inbox of %s: %w", userID, err)
		return first
	}
	defer got.held.release()
	defer got.page.Record.Release()
	says := got.page.Pagination
	first.unknown = got.page.UnknownFields
	first.survey = exporter.PartitionSurvey{Partition: userID, TotalItems: says.TotalItems}
	first.survey.Unreadable, first.survey.UnreadableForm = int64(got.page.UnreadableVersions), got.page.UnreadableForm
	first.survey.Newest, first.survey.Oldest = activities(got.page.Record)
	if says.PerPage != nil {
		first.survey.PerPage = *says.PerPage
	}
	if total, per := says.TotalItems, first.survey.PerPage; total != nil && per > 0 && exporter.Plausible(*total) {
		pages := *total / per
		if *total%per > 0 {
			pages++
		}
		first.survey.Pages = &pages
	}
	return first
}

// activities is the newest and the oldest activity of a page; nil when no row has one.
func activities(rec arrow.Record) (newest, oldest *time.Time) {
	_, at, _ := schema.InboxConversations().Column("last_activity_at")
	times, ok := rec.Column(at).(*array.Timestamp)
	if !ok {
		return nil, nil
	}
	for i := range times.Len() {
		if !times.IsValid(i) {
			continue
		}
		one := exporter.At(int64(times.Value(i)))
		if newest == nil || one.After(*newest) {
			newest = &one
		}
		if oldest == nil || one.Before(*oldest) {
			oldest = &one
		}
	}
	return newest, oldest
}
