package ratelimit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

// waited is how long one more call has to wait.
func waited(t *testing.T, l *Limiter) time.Duration {
	t.Helper()
	began := time.Now()
	spend(t, l, 1)
	return time.Since(began)
}

const window = Window + margin

func TestAProcessThatJoinsCountsTheRequestsOfTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, _ := pair(t)
		for _, release := range spend(t, first, Requests) {
			release(Reply{})
		}
		<-time.After(time.Second)
		if took := waited(t, second); took != window-time.Second {
			t.Errorf("waited %s", took)
		}
	})
}

func TestAPauseIsForEveryProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, _ := pair(t)
		began := time.Now()
		first.Pause(t.Context(), began.Add(5*time.Second))
		time.AfterFunc(3*time.Second, func() { first.Pause(t.Context(), began.Add(7*time.Second)) })
		if took := waited(t, second); took != 7*time.Second {
			t.Errorf("waited %s", took)
		}
	})
}

func TestRequestsOfAKilledProcessHoldTheirPlacesForTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &sharedText{}
		killed, second := &memoryLedger{shared: shared}, sharing(t, &memoryLedger{shared: shared})
		spend(t, sharing(t, killed), Requests)
		time.AfterFunc(time.Minute, killed.kill)
		took := waited(t, second)
		if least, most := time.Minute+lease/2+window, time.Minute+lease+window+2*poll; took < least || took > most {
			t.Errorf("waited %s, want %s to %s", took, least, most)
		}
	})
}

func TestWhatOneProcessLearnsOfTheServerTheOthersKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, _ := pair(t)
		spend(t, first, 1)[0](Reply{Answered: true, Stated: true, Limit: 8, Remaining: 7})
		for _, release := range spend(t, second, 7) {
			release(Reply{})
		}
		if took := waited(t, second); took < time.Second {
			t.Errorf("waited %s for the call after the 8 that the server allows", took)
		}
	})
}

func TestStatementsOfTheServerCountForSomeSeconds(t *testing.T) {
	written := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	learned := budget{limit: 5, samples: Requests, shortest: 300 * time.Millisecond, others: [2]int{3, 4}, spanned: written}
	text := writeLedger(&learned, written, "another", time.Time{})
	for age, want := range map[time.Duration]bool{
		0: true, believed: true, believed + 1: false, 365 * 24 * time.Hour: false,
		-1: false, -time.Hour: false, // somebody set the clock back
	} {
		b := newBudget()
		readLedger(&b, text, written.Add(age), "this")
		if got := b.limit == 5; got != want || got != (b.credit() > 0) || got != (b.others == [2]int{3, 4}) || !got && b.limit != Requests {
			t.Errorf("after %s: limit %d, credit %s, others %v", age, b.limit, b.credit(), b.others)
		}
	}
}

// What this process did is not lost with the text.
func TestADamagedTextIsReplaced(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "not JSON": "\x00\xff{", "half": `{"limit":20,"processes":{"a":{"calls":[{"sent":1`, "another's": `{"hello":"world"}`,
		"another type": `[1,2]`, "senseless numbers": `{"limit":-5}`, "null": "null",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second, shared := pair(t)
				releases := spend(t, first, Requests-1)
				shared.write(text)
				releases[0](Reply{}) // writes what the damage took
				spend(t, second, 1)
				if took := waited(t, second); took != window {
					t.Errorf("waited %s", took)
				}
			})
		})
	}
}

func TestTheRestOfALongerTextIsIgnored(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	written := newBudget()
	written.take(now)
	b := newBudget()
	readLedger(&b, append(writeLedger(&written, now, "another", time.Time{}), `"sent":123}]}}}`...), now, "this")
	if len(b.calls) != 1 || b.calls[0].owner != "another" || !b.calls[0].sent.Equal(now) {
		t.Errorf("calls %+v", b.calls)
	}
}

// Whatever the text says, a call leaves in bounded time: also when a clock jumps.
func TestNoTextHoldsAProcessForever(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ns := rapid.OneOf(rapid.Int64(), rapid.Custom(func(rt *rapid.T) int64 {
			// The clock in a bubble starts at the beginning of 2000.
			return time.Date(2000, 1, 1, 0, 0, rapid.IntRange(-300, 300).Draw(rt, "s"), 0, time.UTC).UnixNano()
		}))
		n := rapid.OneOf(rapid.IntRange(-3, 30), rapid.Int())
		drawn := ledgerText{
			Written: ns.Draw(rt, "written"), Paused: ns.Draw(rt, "paused"), Limit: rapid.IntRange(1, Requests).Draw(rt, "limit"),
			Shortest: time.Duration(ns.Draw(rt, "shortest")), Samples: n.Draw(rt, "samples"),
			Others: [2]int{n.Draw(rt, "others"), n.Draw(rt, "others")}, Spanned: ns.Draw(rt, "spanned"), Processes: make(map[string]ledgerProcess),
		}
		for i := range rapid.IntRange(0, 3).Draw(rt, "processes") {
			p := ledgerProcess{Seen: ns.Draw(rt, "seen"), Waiting: ns.Draw(rt, "waiting")}
			for range rapid.IntRange(0, 30).Draw(rt, "calls") {
				p.Calls = append(p.Calls, ledgerCall{Sent: ns.Draw(rt, "sent"), Done: rapid.OneOf(ns, rapid.Just(int64(0))).Draw(rt, "done")})
			}
			drawn.Processes[fmt.Sprint("process-", i)] = p
		}
		text, err := json.Marshal(drawn)
		if err != nil {
			rt.Fatal(err)
		}
		var took time.Duration
		synctest.Test(t, func(t *testing.T) {
			shared := &sharedText{text: text}
			l := sharing(t, &memoryLedger{shared: shared})
			began := time.Now()
			for range 2 {
				spend(t, l, 1)[0](Reply{})
			}
			took = time.Since(began)
		})
		if took > lease+LongestThrottle+10*window {
			rt.Fatalf("waited %s", took)
		}
	})
}

func TestWithoutTheLedgerALimiterGoesOnAndReportsItOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &sharedText{}
		spend(t, sharing(t, &memoryLedger{shared: shared}), 15) // never released
		ledger := &memoryLedger{shared: shared}
		l, reported := New(false), 0
		l.Share(ledger, func(err error) {
			if reported++; !errors.Is(err, errBroken) {
				t.Errorf("reported %v", err)
			}
		})
		spend(t, l, 1)[0](Reply{Answered: true})
		ledger.fail(errBroken)
		began := time.Now()
		for range 2*Requests - 1 {
			spend(t, l, 1)[0](Reply{Answered: true})
		}
		if took := time.Since(began); reported != 1 || took > 2*window {
			t.Errorf("reported %d times, took %s", reported, took)
		}
	})
}

// A run that is stopped waits for no ledger that another process holds, nor does it take
// the ledger for broken.
func TestAStoppedRunDoesNotWaitForTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &memoryLedger{shared: &sharedText{}}
		l := sharing(t, ledger)
		ledger.stuck = true
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := l.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 50*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ledger.stuck = false
		if spend(t, l, 1); ledger.locked == 0 {
			t.Error("the ledger is no longer used")
		}
	})
}

func TestTheNameOfALedgerIsThatOfTheKeyAtTheServer(t *testing.T) {
	const key = "51301a7ed00000000000000000c0ffee"
	name := func(endpoint, key string) string {
		base, err := url.Parse(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		return LedgerName(base, exporter.NewSecret(key))
	}
	same := name("https://api.lemlist.com/api", key)
	if strings.Contains(same, key) || len(same) != len("rate-")+32 {
		t.Errorf("name %s", same)
	}
	for _, endpoint := range []string{"https://API.lemlist.com:443/api", "https://api.lemlist.com./api/v2"} {
		if name(endpoint, key) != same {
			t.Errorf("%s has another ledger", endpoint)
		}
	}
	if name("http://127.0.0.1:1/api", key) == name("http://127.0.0.1:2/api", key) {
		t.Error("two servers of one machine share a ledger")
	}
	if name("https://api.lemlist.com/api", key+"0") == same {
		t.Error("two keys share a ledger")
	}
}
