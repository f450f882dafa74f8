package lemlist

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// headerSimulated stands on every answer of a simulated API. The simulator has
// the same constant; they share the value, not the code.
const headerSimulated = "Lemexport-Simulated"

// client turns questions into good answers. It may be used concurrently.
type client struct {
	base      *url.URL
	proxy     *url.URL // nil is none
	key       exporter.Secret
	redact    redactor
	userAgent string
	transport *http.Transport
	limiter   *ratelimit.Limiter
	pace      pace
	obs       exporter.Observer
	logger    *slog.Logger

	room     *room
	bodies   bodies
	decoders spares[decode.Decoder]
	sizes    *pageSizes
	repeats  repeats

	keep      atomic.Bool // pages come with their bodies
	worked    atomic.Bool // an answer was good
	simulated atomic.Bool // a good answer said that it is simulated
}

func newClient(base, proxy *url.URL, opts Options, obs exporter.Observer) *client {
	p := defaultPace(opts.MaxElapsed)
	if opts.pace != nil {
		p = *opts.pace
	}
	c := &client{
		base: base, key: opts.Key, redact: newRedactor(opts.Key, proxy), userAgent: opts.UserAgent,
		transport: newTransport(base, proxy, p), proxy: proxy, limiter: ratelimit.New(opts.Unlimited), pace: p,
		obs: obs, logger: opts.Logger, room: newRoom(max(memoryOf(opts), exporter.LeastMemory)),
		sizes: newPageSizes(p.pageSizes), repeats: repeats{left: p.repeats, most: p.repeats},
	}
	if opts.Ledger != nil && !opts.Unlimited {
		c.limiter.Share(opts.Ledger(ratelimit.LedgerName(base, opts.Key)), func(err error) {
			c.obs.Observe(exporter.RateNotShared{Reason: err.Error(), Advice: exporter.Hint(err)})
		})
	}
	return c
}

// fetch reads one page of one user's inbox, of the largest size that the API takes
// or of its own. It implements lister.
func (c *client) fetch(ctx context.Context, userID string, page, own int64) (listing, error) {
	var got listing
	var size int
	spent, err := c.ask(ctx, question{
		path: "inbox",
		values: func() url.Values {
			values := url.Values{"userId": {userID}, "page": {strconv.FormatInt(page, 10)}}
			if size = int(own); own == 0 {
				size = c.sizes.current()
			}
			if size > 0 {
				values.Set("limit", strconv.Itoa(size))
			}
			return values
		},
		accept: func(good answer) error {
			decoded, err := c.decode(good)
			if err != nil {
				return err
			}
			if own == 0 {
				c.sizes.settle(size)
			}
			got = listing{page: decoded, sent: good.sent, arrived: good.arrived, held: good.body.handOver()}
			got.held.releaseAfter(ctx)
			if c.keep.Load() {
				got.body = good.body.keep()
			}
			return nil
		},
		refused: func() bool { return own == 0 && c.sizes.refuse(size) },
	})
	got.cost = spent
	return got, err
}

// decode reads a page, with a decoder that was used before if there is one.
func (c *client) decode(good answer) (decode.Page, error) {
	decoder := c.decoders.take()
	if decoder == nil {
		decoder = decode.NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())
	}
	if !good.body.large() { // else the decoder has grown with it
		defer c.decoders.give(decoder)
	}
	page, err := decoder.Decode(good.body.text.Bytes(), good.arrived)
	page.UnknownFields = c.redact.names(page.UnknownFields)
	return page, err
}
