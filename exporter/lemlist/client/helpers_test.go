package client

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// No test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a client that hardly waits, without a rate limit of its own.
func open(t *testing.T, endpoint string, change ...func(*Options)) (*Client, *apitest.Witness) {
	t.Helper()
	w := &apitest.Witness{}
	opts := Options{
		Endpoint: endpoint, Key: exporter.NewSecret(apitest.Key), Observer: w, UserAgent: "lemexport/test", Unlimited: true,
		Memory: NewMemory(exporter.DefaultMemory), Policy: DefaultPolicy(0, 16),
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	opts.Policy.FirstWait, opts.Policy.LongestWait, opts.Policy.LeastThrottle = 2*time.Millisecond, 4*time.Millisecond, time.Millisecond
	for _, one := range change {
		one(&opts)
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, w
}

// listed is a page of an inbox.
type listed struct {
	Response
	Data []json.RawMessage `json:"data"`
}

// list asks for a page of an inbox.
func list(ctx context.Context, c *Client, user string, page int64) (listed, error) {
	query := url.Values{"userId": {user}, "page": {strconv.FormatInt(page, 10)}}
	got, response, err := Get(ctx, c, Request{Path: "inbox", Query: query}, func(p Payload) (listed, error) {
		var got listed
		switch {
		case len(p.Text) == 0:
			return got, errors.New("not a page: empty body")
		case json.Unmarshal(p.Text, &got) != nil || got.Data == nil:
			return got, errors.New("not a page: another form")
		}
		return got, nil
	})
	got.Response = response
	return got, err
}

func limited(opts *Options) { opts.Unlimited = false }

func withPolicy(change func(*Policy)) func(*Options) {
	return func(opts *Options) { change(&opts.Policy) }
}
