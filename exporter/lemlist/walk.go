package lemlist

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// errPageRefused is wrapped by a lister whose server refuses a page for good (a
// 400): some servers answer so beyond the last page. The walk then looks
// whether the list has become shorter; if not, the error ends the walk.
var errPageRefused = errors.New("the page was refused")

// walk reads the inbox of every user, one after the other, each until it is
// proven complete: see docs/walk.md. It implements exporter.Walk.
type walk struct {
	ctx     context.Context //nolint:containedctx // a walk is one run; Pages has no argument to carry it
	list    lister
	users   []string
	obs     exporter.Observer
	unknown map[string]struct{}
	proof   exporter.Proof
	ended   bool
}

// newWalk makes a walk over the inboxes of users, in that order. Nothing is
// read before Pages is ranged over.
func newWalk(ctx context.Context, l lister, users []string, obs exporter.Observer) *walk {
	return &walk{ctx: ctx, list: l, users: users, obs: obs, unknown: make(map[string]struct{})}
}

// Pages reads every inbox and yields every page read, those read again included.
func (w *walk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		for _, user := range w.users {
			more, err := w.inbox(user, yield)
			if err != nil {
				yield(exporter.Page{}, err)
				return
			}
			if !more {
				return
			}
		}
		w.ended = true
	}
}

// inbox reads one user's list until it is proven. It reports false when the
// consumer wants no more.
func (w *walk) inbox(user string, yield func(exporter.Page, error) bool) (bool, error) {
	prover := newProver()
	var spent cost
	for page, more := prover.next(); more; page, more = prover.next() {
		got, err := w.list.list(w.ctx, user, page)
		spent.requests += got.cost.requests
		spent.retries += got.cost.retries
		spent.throttled += got.cost.throttled
		switch {
		case errors.Is(err, errUserNotInTeam):
			w.skip(user, spent)
			return true, nil
		case errors.Is(err, errPageRefused) && prover.refuse(page):
			continue
		case err != nil:
			prover.giveUp(fmt.Sprintf("page %d could not be read", page))
			w.account(prover, user, spent)
			return false, fmt.Errorf("read page %d of the inbox of %s: %w", page, user, err)
		}
		if !w.deliver(prover, user, page, got, yield) {
			prover.giveUp("the walk was interrupted")
			w.account(prover, user, spent)
			return false, nil
		}
	}
	w.account(prover, user, spent)
	return true, nil
}

// deliver shows a page to the prover, the observer and the consumer.
func (w *walk) deliver(prover *prover, user string, page int64, got listing, yield func(exporter.Page, error) bool) bool {
	rec := got.page.Record
	defer rec.Release()
	says := got.page.Pagination
	prover.observe(newReading(page, rowsOf(rec), says, got.sent, got.arrived))
	w.obs.Observe(exporter.PageFetched{
		UserID: user, Page: page, Rows: int(rec.NumRows()),
		TotalItems: says.TotalItems, More: says.NextPage != nil,
	})
	for _, field := range got.page.UnknownFields {
		if _, ok := w.unknown[field]; !ok {
			w.unknown[field] = struct{}{}
			w.obs.Observe(exporter.UnknownField{Field: field})
		}
	}
	return yield(exporter.Page{UserID: user, Number: page, Record: rec, UnknownFields: got.page.UnknownFields}, nil)
}

// rowsOf takes from a record what the argument needs.
func rowsOf(rec arrow.Record) []row {
	table := schema.InboxConversations()
	_, id, _ := table.Column("id")
	_, activity, _ := table.Column("last_activity_at")
	ids := rec.Column(id).(*array.String)
	times := rec.Column(activity).(*array.Timestamp)
	rows := make([]row, rec.NumRows())
	for i := range rows {
		rows[i] = row{id: hashID(ids.Value(i)), at: never}
		if times.IsValid(i) {
			rows[i].at = int64(times.Value(i))
		}
	}
	return rows
}

// hashID stands for an id: 128 bits of SHA-256, so that no input makes two ids one.
func hashID(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}
