package ratelimit

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// What another program learned of the server is as old as its last word.
func TestAnOldAccountIsNotBelieved(t *testing.T) {
	written := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	learned := budget{limit: 5, samples: exporter.RateLimit, shortest: 300 * time.Millisecond, others: [2]int{3, 4}, spanned: written}
	text := learned.write(nil, written, "another", program{})
	for since, want := range map[time.Duration]bool{
		0: true, time.Second: true, believed: true, believed + 1: false, time.Hour: false, 365 * 24 * time.Hour: false,
		-1: false, -time.Hour: false, // somebody set the clock back
	} {
		t.Run(fmt.Sprint(since), func(t *testing.T) {
			b := newBudget()
			b.read(text, written.Add(since), "this", func(string) bool { return false })
			if got := b.limit == 5; got != want || got != (b.credit() > 0) || got != (b.others == [2]int{3, 4}) || !got && b.limit != exporter.RateLimit {
				t.Errorf("limit %d, credit %s, others %v", b.limit, b.credit(), b.others)
			}
		})
	}
}

// The same for a program that waits in a limiter: it is not slowed by an account
// that nobody has written to for long.
func TestAnOldAccountSlowsNobody(t *testing.T) {
	for age, most := range map[time.Duration]time.Duration{time.Second: time.Hour, time.Minute: 100 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			book := newAccountBook()
			now := time.Now()
			learned := budget{limit: 1, spanned: now}
			book.write(string(learned.write(nil, now, "another", program{})))
			<-time.After(age)
			l, began := sharing(t, book.program()), time.Now()
			for range exporter.RateLimit {
				release, err := l.Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				release(Reply{Answered: true})
			}
			took := time.Since(began)
			if took > most || most == time.Hour && took < 30*time.Second {
				t.Errorf("an account of %s ago: %d calls took %s", age, exporter.RateLimit, took)
			}
		})
	}
}
