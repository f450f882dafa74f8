package ratelimit

import (
	"context"
	"errors"
	"fmt"
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

const window = exporter.RateWindow + margin

func TestTheNextProgramHonoursTheCallsOfTheOneThatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newAccountBook()
		first := sharing(t, account.program())
		for _, release := range spend(t, first, exporter.RateLimit) {
			release(Reply{})
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		if took := waited(t, sharing(t, account.program())); took != window-time.Second {
			t.Errorf("waited %s", took)
		}
	})
}

func TestAPauseIsForEveryProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newAccountBook()
		first, second := sharing(t, account.program()), sharing(t, account.program())
		began := time.Now()
		first.Pause(t.Context(), began.Add(5*time.Second))
		time.AfterFunc(3*time.Second, func() { first.Pause(t.Context(), began.Add(7*time.Second)) })
		if took := waited(t, second); took != 7*time.Second {
			t.Errorf("waited %s", took)
		}
	})
}

func TestAKilledProgramHoldsItsPlacesNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newAccountBook()
		killed, second := account.program(), sharing(t, account.program())
		spend(t, sharing(t, killed), exporter.RateLimit)
		time.AfterFunc(10*time.Second, func() { account.kill(killed.id) })
		if took := waited(t, second); took < 10*time.Second+window || took > 10*time.Second+window+2*ledgerPoll {
			t.Errorf("waited %s", took)
		}
	})
}

func TestAProgramThatIsStoppedHoldsItsPlacesForSomeMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newAccountBook()
		spend(t, sharing(t, account.program()), exporter.RateLimit)
		if took := waited(t, sharing(t, account.program())); took < longestFlight || took > longestFlight+window+2*ledgerPoll {
			t.Errorf("waited %s", took)
		}
	})
}

func TestWhatOneProgramLearnsOfTheServerTheOthersKnow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newAccountBook()
		first, second := sharing(t, account.program()), sharing(t, account.program())
		spend(t, first, 1)[0](Reply{Answered: true, Stated: true, Limit: 8, Remaining: 7})
		for _, release := range spend(t, second, 7) {
			release(Reply{})
		}
		if took := waited(t, second); took < time.Second {
			t.Errorf("waited %s for the call after the 8 that the server allows", took)
		}
	})
}

// An account that makes no sense is replaced; what this program did is not lost.
func TestADamagedAccountIsReplaced(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "not JSON": "\x00\xff{", "half": `{"limit":20,"programs":{"a":{"calls":[{"sent":1`, "another's": `{"hello":"world"}`,
		"another type": `[1,2]`, "senseless numbers": `{"limit":-5}`, "null": "null",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				account := newAccountBook()
				first, second := sharing(t, account.program()), sharing(t, account.program())
				releases := spend(t, first, exporter.RateLimit-1)
				account.write(text)
				releases[0](Reply{}) // writes what the damage took
				spend(t, second, 1)
				if took := waited(t, second); took != window {
					t.Errorf("waited %s", took)
				}
			})
		})
	}
}

// Whatever the account says, a call leaves in bounded time, and the own calls count.
func TestNoAccountHoldsAProgramForEver(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ns := rapid.OneOf(rapid.Int64(), rapid.Custom(func(rt *rapid.T) int64 {
			// The clock in a bubble starts at the beginning of 2000.
			return time.Date(2000, 1, 1, 0, 0, rapid.IntRange(-300, 300).Draw(rt, "s"), 0, time.UTC).UnixNano()
		}))
		n := rapid.OneOf(rapid.IntRange(-3, 30), rapid.Int())
		text := fmt.Sprintf(`{"written":%d,"paused":%d,"limit":%d,"shortest":%d,"samples":%d,"others":[%d,%d],"spanned":%d,"programs":{`,
			ns.Draw(rt, "written"), ns.Draw(rt, "paused"), rapid.IntRange(1, 20).Draw(rt, "limit"), ns.Draw(rt, "shortest"), n.Draw(rt, "samples"),
			n.Draw(rt, "others"), n.Draw(rt, "others"), ns.Draw(rt, "spanned"))
		for i := range rapid.IntRange(0, 3).Draw(rt, "programs") {
			if i > 0 {
				text += ","
			}
			var calls []string
			for range rapid.IntRange(0, 30).Draw(rt, "calls") {
				calls = append(calls, fmt.Sprintf(`{"sent":%d,"done":%d}`, ns.Draw(rt, "sent"), rapid.OneOf(ns, rapid.Just(int64(0))).Draw(rt, "done")))
			}
			text += fmt.Sprintf(`"program-%d":{"seen":%d,"wants":%d,"until":%d,"calls":[%s]}`,
				i, ns.Draw(rt, "seen"), n.Draw(rt, "wants"), ns.Draw(rt, "until"), strings.Join(calls, ","))
		}
		text += "}}"
		var took time.Duration
		synctest.Test(t, func(t *testing.T) {
			account := newAccountBook()
			for range 3 {
				account.program() // they run, and do nothing
			}
			account.write(text)
			l := sharing(t, account.program())
			began := time.Now()
			for range 2 {
				spend(t, l, 1)[0](Reply{})
			}
			took = time.Since(began)
		})
		if took > longestFlight+LongestThrottle+10*window {
			rt.Fatalf("waited %s", took)
		}
	})
}

// A run that is stopped does not wait for a ledger that another program holds, nor does
// it take the ledger for broken.
func TestAStoppedRunDoesNotWaitForTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newAccountBook().program()
		l := sharing(t, ledger)
		spend(t, l, 1)
		ledger.locked = true
		l.updated = time.Time{} // so that it looks again
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := l.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 50*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		ledger.locked = false
		before := ledger.updates
		spend(t, l, 1)
		if ledger.updates == before {
			t.Error("the ledger is no longer used")
		}
	})
}
