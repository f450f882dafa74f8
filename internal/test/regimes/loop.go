package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// plainLoop reads a team as scripts do: the pages of each user in turn, until there is
// no next page. It is a careful script: it waits when the rate limit asks for it,
// and keeps the newest version of a conversation that it sees twice.
type plainLoop struct {
	endpoint, key string
}

// snapshotByLoop is a run of the loop in place of the program. What ends without an
// error counts as a claim: the script has nothing to say against its export.
func (s *stand) snapshotByLoop(ctx context.Context, j job) (_ []outcome, err error) {
	o := j.regime.options(j.team, time.Now)
	o.Key = fmt.Sprintf("%032x", s.counter.Add(1))
	server, err := serve(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.running.Close()) }()
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	began := time.Now()
	rows, broken := plainLoop{server.running.URL(), o.Key}.read(limited)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	got := applied{complete: true, seconds: time.Since(began).Seconds()}
	if broken != nil {
		got = applied{status: 1, seconds: got.seconds, reason: broken.Error()}
	}
	result := s.outcome(j, "loop", got, server.Stats().Requests)
	if broken == nil {
		result.errata = judge(rows, server.Ever(), observe(server.Calls(), j.regime.grace+s.grace, 0), false)
	}
	return []outcome{result}, nil
}

// read returns the conversations of all users, each once.
func (l plainLoop) read(ctx context.Context) ([]exported, error) {
	var team struct {
		UserIDs []string `json:"userIds"`
	}
	if err := l.get(ctx, "/team", &team); err != nil {
		return nil, err
	}
	newest := map[string]exported{}
	for _, user := range team.UserIDs {
		for number := 1; number > 0; {
			var page struct {
				Data       []loopRow `json:"data"`
				Pagination struct {
					NextPage int `json:"nextPage"`
				} `json:"pagination"`
			}
			if err := l.get(ctx, fmt.Sprintf("/inbox?userId=%s&limit=%d&page=%d", user, largest, number), &page); err != nil {
				return nil, err
			}
			for _, row := range page.Data {
				if row.At.After(newest[row.ID].at) {
					newest[row.ID] = exported{row.ID, row.At}
				}
			}
			number = page.Pagination.NextPage
		}
	}
	rows := make([]exported, 0, len(newest))
	for _, row := range newest {
		rows = append(rows, row)
	}
	return rows, nil
}

// loopRow is what the loop looks at in a conversation.
type loopRow struct {
	ID string    `json:"_id"`
	At time.Time `json:"lastActivityAt"`
}

// get asks until the rate limit lets the request through.
func (l plainLoop) get(ctx context.Context, path string, into any) error {
	for {
		wait, err := l.try(ctx, path, into)
		if wait == 0 || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// try makes one request. It returns the time to wait when the rate limit refuses it.
func (l plainLoop) try(ctx context.Context, path string, into any) (wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.endpoint+path, nil)
	if err != nil {
		return 0, err
	}
	request.SetBasicAuth("", l.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	switch response.StatusCode {
	case http.StatusOK:
		return 0, json.NewDecoder(response.Body).Decode(into)
	case http.StatusTooManyRequests:
		seconds, err := strconv.ParseFloat(response.Header.Get("Retry-After"), 64)
		if err != nil {
			seconds = 2
		}
		return max(time.Duration(seconds*float64(time.Second)), time.Millisecond), nil
	}
	return 0, fmt.Errorf("status %d", response.StatusCode)
}
