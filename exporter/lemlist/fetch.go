package lemlist

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// fetcher fetches one page of the list of one user: one good response, whatever it took.
// When it fails, retries included, the response holds only times and cost. Its errors wrap
// [client.ErrUserNotInTeam] and [client.ErrRefused].
type fetcher interface {
	fetch(ctx context.Context, r pageRequest) (response, error)
}

// pageRequest asks for one page of the list of one user.
type pageRequest struct {
	user     string
	page     int64 // from 1
	size     int64 // of the pages; 0 is the size of the walk
	keepBody bool  // for the journal
	first    bool  // the walk of the whole list begins with it
}

// response is one good response, decoded. The receiver releases page.Record and Place.
type response struct {
	client.Response
	page     decode.Page
	surveyed bool // it came before the walk
}

// release gives the record and the place of a large response back.
func (r response) release() {
	r.page.Record.Release()
	r.Place.Release()
}

// mostDecoders is how many decoders are kept to be used again.
const mostDecoders = 4

// inboxFetcher fetches pages of the lists of users.
type inboxFetcher struct {
	client   *client.Client
	obs      exporter.Observer
	sizes    *pageSizes
	decoders chan *decode.Decoder // that are free
}

func newInboxFetcher(c *client.Client, obs exporter.Observer, sizes []int) *inboxFetcher {
	return &inboxFetcher{client: c, obs: obs, sizes: newPageSizes(sizes), decoders: make(chan *decode.Decoder, mostDecoders)}
}

// fetch implements fetcher. A page without a size has the largest that the API accepts.
func (f *inboxFetcher) fetch(ctx context.Context, r pageRequest) (response, error) {
	var spent client.Cost
	for attempt := 1; ; attempt++ {
		size := int(r.size)
		if r.size == 0 {
			size = f.sizes.current()
		}
		page, got, err := client.Get(ctx, f.client, r.request(size), f.decode)
		spent.Add(got.Cost)
		got.Cost = spent
		refused, _ := errors.AsType[*client.Error](err)
		switch {
		case err == nil:
			if r.size == 0 {
				f.sizes.settle(size)
			}
			return response{Response: got, page: page}, nil
		case r.size > 0 || !errors.Is(err, client.ErrRefused) || !f.sizes.refuse(size):
			return response{Response: got}, err
		}
		spent.Retries++
		f.obs.Observe(exporter.RequestRetried{Request: refused.Request, Attempt: attempt, Reason: refused.Reason()})
	}
}

// request asks for the page with that size; 0 leaves it to the API.
func (r pageRequest) request(size int) client.Request {
	query := url.Values{"userId": {r.user}, "page": {strconv.FormatInt(r.page, 10)}}
	if size > 0 {
		query.Set("limit", strconv.Itoa(size))
	}
	return client.Request{Path: schema.InboxConversations().Request.Path, Query: query, KeepBody: r.keepBody}
}

// decode reads a page, with a decoder that was used before if there is one.
func (f *inboxFetcher) decode(p client.Payload) (decode.Page, error) {
	var decoder *decode.Decoder
	select {
	case decoder = <-f.decoders:
	default:
		decoder = decode.NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())
	}
	if !p.Large { // else the decoder has grown with it
		defer func() {
			select {
			case f.decoders <- decoder:
			default:
			}
		}()
	}
	page, err := decoder.Decode(p.Text, p.Arrived)
	page.UnknownFields = f.client.HideSecrets(page.UnknownFields)
	return page, err
}
