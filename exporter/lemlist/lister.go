package lemlist

import (
	"context"
	"errors"
	"time"

	"github.com/lemexport/lemexport/schema/decode"
)

// errUserNotInTeam is the API's answer to the id of someone who is not, or no
// longer, in the team of the key. The walk skips the user and goes on.
var errUserNotInTeam = errors.New("the user is not in the team of this key")

// lister reads one page of one user's inbox: one good answer, whatever it took.
type lister interface {
	// fetch reads the page, counted from 1, of pages of that size; 0 is the size of
	// the walk. When it fails, retries included, the listing holds nothing but its cost.
	fetch(ctx context.Context, userID string, page, size int64) (listing, error)
}

// listing is one good answer of GET /inbox and what it cost.
type listing struct {
	page    decode.Page // the receiver releases page.Record
	sent    time.Time   // when the successful request left, local clock
	arrived time.Time   // when its body was complete, local clock (this is fetched_at)
	cost    cost
	// held is the place of a large answer. It is given back when the rows were taken,
	// or at the end of the list's context.
	held *hold
	// body is the answer itself, for the journal; empty when nobody keeps one.
	body keptBody
}

// cost counts HTTP requests.
type cost struct {
	requests  int64 // all that were sent, the failed ones included
	retries   int64 // those that repeated a failed one
	throttled int64 // those that were answered with 429
}
