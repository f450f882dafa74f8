package ratelimit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// Ledger is a text that the processes of one key share.
type Ledger interface {
	// Lock waits until no other process holds the ledger and returns its text, which is
	// empty at first. The lock ends with the process, however that ends.
	Lock(ctx context.Context) (text []byte, err error)
	// Unlock replaces the text and lets the other processes in.
	Unlock(text []byte) error
}

// LedgerName names the ledger of a key at a server. It does not reveal the key.
func LedgerName(base *url.URL, key exporter.Secret) string {
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	host := strings.TrimSuffix(strings.ToLower(base.Hostname()), ".")
	sum := sha256.Sum256([]byte("lemexport rate ledger 2\x00" + host + "\x00" + port + "\x00" + key.Reveal()))
	return "rate-" + hex.EncodeToString(sum[:16])
}

// ledgerText is the text of a ledger. A different form needs a different [LedgerName].
// Times are in ns since 1970.
type ledgerText struct {
	Written   int64                    `json:"written"`
	Paused    int64                    `json:"paused"`
	Limit     int                      `json:"limit"`
	Shortest  time.Duration            `json:"shortest"`
	Average   time.Duration            `json:"average,omitempty"`
	Samples   int                      `json:"samples"`
	Others    [2]int                   `json:"others"`
	Spanned   int64                    `json:"spanned"`
	Processes map[string]ledgerProcess `json:"processes"`
}

// ledgerProcess is what one process has written.
type ledgerProcess struct {
	Seen    int64        `json:"seen"`              // when it last wrote
	Waiting int64        `json:"waiting,omitempty"` // until when it claims its share
	Calls   []ledgerCall `json:"calls,omitempty"`
}

type ledgerCall struct {
	Sent     int64 `json:"sent"`
	Done     int64 `json:"done,omitempty"` // 0 while in flight
	Rejected bool  `json:"rejected,omitempty"`
	Lost     bool  `json:"lost,omitempty"`
}

// Bounds of what a process believes of the ledger.
const (
	// lease is how long a process that does not write is taken to be running.
	lease = 10 * time.Second
	// believed is how long statements of the server count.
	believed = 2 * span
	// longestCredit is more than any shortest round trip.
	longestCredit = 10 * time.Second
)

// kept is how long a finished call is looked at: finish looks back that far.
const kept = 2*Window + margin

// readLedger takes over what the other processes wrote. The calls of this one it knows better:
// a damaged ledger costs only what the others write again.
func readLedger(b *budget, text []byte, now time.Time, id string) {
	b.calls = slices.DeleteFunc(b.calls, func(c *apiCall) bool { return c.owner != "" })
	b.processes = make(map[string]process)
	var t ledgerText
	// The rest of a longer text that was there before may follow.
	if json.NewDecoder(bytes.NewReader(text)).Decode(&t) != nil || t.Limit < 1 || t.Limit > Requests {
		return
	}
	if age := now.Sub(time.Unix(0, t.Written)); age >= 0 && age <= believed {
		b.limit, b.samples, b.shortest, b.average = t.Limit, min(t.Samples, mostSamples), t.Shortest, t.Average
		if b.average < b.shortest { // an earlier version wrote none
			b.average = b.shortest
		}
		if b.samples < 0 || b.shortest <= 0 || b.shortest > longestCredit {
			b.samples, b.shortest, b.average = 0, 0, 0
		}
		for i, others := range t.Others {
			b.others[i] = min(max(others, 0), b.limit-1)
		}
		b.spanned = notAfter(t.Spanned, now)
	}
	if paused := notAfter(t.Paused, now.Add(LongestThrottle)); paused.After(b.paused) {
		b.paused = paused
	}
	for name, p := range t.Processes {
		if name != id && name != "" { // "" owns the calls of this process
			readProcess(b, name, p, now)
		}
	}
}

func readProcess(b *budget, name string, written ledgerProcess, now time.Time) {
	p := process{seen: notAfter(written.Seen, now), waiting: notAfter(written.Waiting, now.Add(poll+grace))}
	calls := len(b.calls)
	for _, c := range written.Calls {
		call := &apiCall{owner: name, sent: notAfter(c.Sent, now), rejected: c.Rejected, lost: c.Lost}
		if c.Done != 0 {
			call.done = notAfter(c.Done, now)
		} else if now.Sub(p.seen) > lease {
			call.done, call.lost = p.seen.Add(lease), true
		}
		if call.done.IsZero() || now.Sub(call.done) <= kept {
			b.calls = append(b.calls, call)
		}
	}
	if len(b.calls) > calls || p.waiting.After(now) {
		b.processes[name] = p
	}
}

// notAfter is a time of the ledger. One in the future was written before the clock was
// set back.
func notAfter(ns int64, latest time.Time) time.Time {
	if at := time.Unix(0, ns); at.Before(latest) {
		return at
	}
	return latest
}

// writeLedger returns the text of what this process, whose name is id, and the others did.
func writeLedger(b *budget, now time.Time, id string, waiting time.Time) []byte {
	t := ledgerText{
		Written: now.UnixNano(), Paused: unix(b.paused), Limit: b.limit, Shortest: b.shortest,
		Average: b.average, Samples: b.samples, Others: b.others, Spanned: unix(b.spanned),
		Processes: map[string]ledgerProcess{id: {Seen: now.UnixNano(), Waiting: unix(waiting)}},
	}
	for name, p := range b.processes {
		t.Processes[name] = ledgerProcess{Seen: unix(p.seen), Waiting: unix(p.waiting)}
	}
	for _, c := range b.calls {
		owner := c.owner
		if owner == "" {
			owner = id
		}
		p := t.Processes[owner]
		p.Calls = append(p.Calls, ledgerCall{Sent: unix(c.sent), Done: unix(c.done), Rejected: c.rejected, Lost: c.lost})
		t.Processes[owner] = p
	}
	text, _ := json.Marshal(t) // numbers and names only: it cannot fail
	return append(text, '\n')
}

// unix is a time of the ledger; the zero time is 0.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
