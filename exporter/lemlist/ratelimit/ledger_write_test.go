package ratelimit

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

// The account is written by hand; it is what encoding/json reads.
func TestAnAccountIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
		near := rapid.Custom(func(t *rapid.T) time.Time { return now.Add(time.Duration(rapid.Int64Range(-1e10, 1e10).Draw(t, "ns"))) })
		number := rapid.IntRange(0, 25)
		names := rapid.SliceOfNDistinct(rapid.OneOf(rapid.StringN(1, -1, -1), rapid.StringMatching(`[0-9]+-[a-z0-9]{10}`)), 1, 4, rapid.ID[string]).Draw(t, "names")
		b := budget{
			limit: number.Draw(t, "limit"), shortest: time.Duration(rapid.Int64().Draw(t, "shortest")), samples: number.Draw(t, "samples"),
			paused: near.Draw(t, "paused"), others: [2]int{number.Draw(t, "others"), number.Draw(t, "others")}, spanned: near.Draw(t, "spanned"),
			programs: make(map[string]*program),
		}
		want := account{
			Written: now.UnixNano(), Limit: b.limit, Shortest: b.shortest, Samples: min(b.samples, exporter.RateLimit),
			Others: b.others, Spanned: b.spanned.UnixNano(), Programs: make(map[string]entry),
		}
		if b.paused.After(now) {
			want.Paused = b.paused.UnixNano()
		}
		var own program
		for i, name := range names {
			p := program{seen: near.Draw(t, "seen"), wants: rapid.IntRange(0, 2).Draw(t, "wants"), until: near.Draw(t, "until")}
			e, owner := entry{Seen: p.seen.UnixNano(), Calls: []ledgerCall{}}, name
			if i == 0 {
				own, owner, e.Seen = p, "", now.UnixNano()
			} else {
				b.programs[name] = &p
			}
			if p.wants > 0 && p.until.After(now) {
				e.Wants, e.Until = p.wants, p.until.UnixNano()
			}
			for range rapid.IntRange(0, 3).Draw(t, "calls") {
				c := &apiCall{owner: owner, sent: near.Draw(t, "sent"), rejected: rapid.Bool().Draw(t, "rejected"), lost: rapid.Bool().Draw(t, "lost")}
				kept := ledgerCall{Sent: c.sent.UnixNano(), Rejected: c.rejected, Lost: c.lost}
				if rapid.Bool().Draw(t, "is done") {
					c.done = near.Draw(t, "done")
					kept.Done = c.done.UnixNano()
				}
				b.calls, e.Calls = append(b.calls, c), append(e.Calls, kept)
			}
			if e.Wants > 0 || len(e.Calls) > 0 {
				want.Programs[name] = e
			}
		}
		text := b.write([]byte("overwritten")[:0], now, names[0], own)
		var got account
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A program that is alone needs the ledger when a call leaves and when it ends,
// and looks into it now and then while it waits.
func TestAProgramThatIsAloneSeldomLooksIntoTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newAccountBook().program()
		l := sharing(t, ledger)
		const calls = 10 * exporter.RateLimit
		began := time.Now()
		for range calls {
			release := spend(t, l, 1)[0]
			<-time.After(time.Millisecond)
			release(Reply{Answered: true, RoundTrip: time.Millisecond})
		}
		looks := int(time.Since(began)/alonePoll) + 1
		if most := 2*calls + looks; ledger.updates > most {
			t.Errorf("%d updates for %d calls, %d looks", ledger.updates, calls, looks)
		}
		// At an even pace each waits less than a poll, and does not look.
		for range 2 * exporter.RateLimit {
			release := spend(t, l, 1)[0]
			<-time.After(ledgerPoll / 2)
			release(Reply{Answered: true, RoundTrip: time.Millisecond})
			<-time.After(ledgerPoll/2 + 10*time.Millisecond)
		}
		before := ledger.updates
		for range calls {
			release := spend(t, l, 1)[0]
			<-time.After(ledgerPoll / 2)
			release(Reply{Answered: true, RoundTrip: time.Millisecond})
		}
		if more := ledger.updates - before; more > 2*calls+calls/4 {
			t.Errorf("%d updates for %d calls at an even pace", more, calls)
		}
	})
}

// What a program claims it claims from the others, not from itself.
func TestAProgramThatIsAloneGivesWayToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newAccountBook().program()
		l := sharing(t, ledger)
		const callers, each = 4, 100
		began := time.Now()
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range each {
					release, err := l.Acquire(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					<-time.After(30 * time.Millisecond)
					release(Reply{Answered: true, RoundTrip: 30 * time.Millisecond})
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		if most := 2*callers*each + int(took/alonePoll) + 1; ledger.updates > most {
			t.Errorf("%d updates for %d calls", ledger.updates, callers*each)
		}
		if best := exporter.LeastTime(callers * each); took > best*102/100 {
			t.Errorf("took %s, %s is possible", took, best)
		}
	})
}

// One that waits has seen a newcomer after a poll, whatever it waits for.
func TestAProgramThatWaitsSeesANewcomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newAccountBook()
		first, second := sharing(t, account.program()), sharing(t, account.program())
		for _, release := range spend(t, first, exporter.RateLimit) {
			release(Reply{Answered: true})
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _, _ = first.Acquire(ctx) }()
		synctest.Wait()
		second.Pause(t.Context(), time.Now().Add(time.Minute))
		<-time.After(alonePoll + time.Nanosecond)
		first.mu.Lock()
		defer first.mu.Unlock()
		if paused := time.Until(first.budget.paused); paused < time.Minute-2*alonePoll {
			t.Errorf("it knows of a pause of %s", paused)
		}
	})
}
