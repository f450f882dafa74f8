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
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/schema"
)

// firstPage is what the survey keeps of one user's first page.
type firstPage struct {
	survey  exporter.PartitionSurvey
	skipped bool
	unknown []string
	cost    client.Cost
	err     error
}

// surveyInboxes asks for the first page of every user, several at once.
func surveyInboxes(ctx context.Context, s *Source, users []string) (exporter.TableSurvey, client.Cost, error) {
	one := exporter.TableSurvey{Table: schema.InboxConversations().Name}
	var spent client.Cost
	pages, unknown := askFirstPages(ctx, s, users)
	for i, first := range pages {
		spent.Add(first.cost)
		switch {
		case first.err != nil:
			return one, spent, first.err
		case first.skipped:
			one.Skipped = append(one.Skipped, exporter.SkippedPartition{Partition: users[i], Reason: client.ErrUserNotInTeam.Error()})
		default:
			one.Partitions = append(one.Partitions, first.survey)
		}
	}
	one.Unknown = unknown
	return one, spent, nil
}

// askFirstPages reads the first page of every user, in the order of users, and returns
// the unknown fields of all. The first error stops the others, and is the only one
// in the result.
func askFirstPages(ctx context.Context, s *Source, users []string) ([]firstPage, []string) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var unknown schema.Names
	failed, done := false, int64(0)
	pages := make([]firstPage, len(users))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(len(users), ratelimit.Requests) {
		workers.Go(func() {
			for i := range next {
				page := askFirstPage(ctx, s, users[i])
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

func askFirstPage(ctx context.Context, s *Source, userID string) firstPage {
	got, err := s.insist(ctx, pageRequest{user: userID, page: 1, keepBody: true})
	err = s.denied(userID, err)
	first := firstPage{cost: got.Cost}
	switch {
	case errors.Is(err, client.ErrUserNotInTeam):
		first.skipped = true
		return first
	case err != nil:
		first.err = fmt.Errorf("read the first page of the inbox of %s: %w", userID, err)
		return first
	}
	defer s.surveyed.keep(userID, got)
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
