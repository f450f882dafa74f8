package client

import (
	"context"
	"net/http"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// received is what one attempt brought.
type received struct {
	status        int // 0 without a response
	header        http.Header
	body          *body // nil without a response
	sent, arrived time.Time
	waited        time.Duration // for the rate limit, before it was sent
	requests      int64         // that were sent
}

// text is the body.
func (r received) text() []byte {
	if r.body == nil {
		return nil
	}
	return r.body.text.Bytes()
}

// attempt sends a request once and decodes a good response.
func attempt[T any](ctx context.Context, c *Client, r Request, decode func(Payload) (T, error), number int) (result T, got Response, failed *Error) {
	target := *c.base.JoinPath(r.Path)
	target.RawQuery = r.Query.Encode()
	name := func() string { return c.redact.request(r.Path, target.RawQuery) }
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return result, got, lost(c.redact, name(), err)
	}
	request.SetBasicAuth("", c.key.Reveal())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("User-Agent", c.userAgent)

	came, err := c.send(request, r.Plain)
	defer func() { c.bodies.give(came.body) }()
	got = Response{Sent: came.sent, Arrived: came.arrived, Cost: Cost{Requests: came.requests}}
	switch {
	case err != nil:
		failed = lost(c.redact, name(), err)
	case came.status < 200 || came.status > 299:
		failed = refusal(c.redact, name(), came)
	default:
		result, err = decode(Payload{Text: came.text(), Arrived: came.arrived, Large: came.body.large()})
		if err != nil {
			failed = unfit(c.redact, name(), came, err)
			break
		}
		if came.header.Get(headerSimulated) == "true" {
			c.simulated.Store(true)
		}
		got.Place = came.body.handOver()
		got.Place.releaseAfter(ctx)
		if r.KeepBody {
			got.Body = came.body.keep()
		}
	}
	if failed != nil {
		failed.took = came.arrived.Sub(came.sent)
		if failed.problem == problemThrottled {
			got.Cost.Throttled++
		}
	}
	c.log(ctx, request, came, number, failed)
	if came.requests > 0 {
		c.obs.Observe(exporter.RequestEnded{Status: came.status, Waited: came.waited, Took: came.arrived.Sub(came.sent)})
	}
	return result, got, failed
}
