package client

import (
	"net/url"
	"time"
)

// Request is one GET request, however often it has to be sent.
type Request struct {
	// Path is below the endpoint, without a slash at the start.
	Path  string
	Query url.Values
	// Plain says that the response is not a table: its JSON values take less memory.
	Plain bool
	// KeepBody asks for a copy of the body of the response.
	KeepBody bool
}

// Payload is the body of a good response, to be decoded. Text is valid until the
// decoding ends.
type Payload struct {
	Text    []byte
	Arrived time.Time
	// Large says that the response has the place of a large one.
	Large bool
}

// Response is what is known of a good response besides its content.
type Response struct {
	// Sent and Arrived are when the request that succeeded left, and when the body of its
	// response was complete, by the local clock.
	Sent, Arrived time.Time
	// Cost is that of all attempts. It is set with an error, too.
	Cost Cost
	// Place is the place in memory of a large response. The caller releases it when what was
	// decoded is no longer needed; the end of the context does, too.
	Place *Place
	// Body is a copy of the body; empty unless the request asked for it.
	Body Body
}

// Cost counts HTTP requests.
type Cost struct {
	Requests  int64 // all that were sent, the failed ones included
	Retries   int64 // those that repeated a failed one
	Throttled int64 // those that got a 429
}

// Add adds another cost.
func (c *Cost) Add(more Cost) {
	c.Requests += more.Requests
	c.Retries += more.Retries
	c.Throttled += more.Throttled
}
