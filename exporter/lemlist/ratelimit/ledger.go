package ratelimit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/exporter"
)

// Ledger is where the programs that use one key keep one account of their calls.
// The budget of a key is theirs together.
type Ledger interface {
	// ID names this program among them.
	ID() string
	// Update hands the account, nil when there is none, to change, and keeps what
	// that returns. No other update of any program happens in between. change waits
	// for nothing. With an error it may not have been called; ctx ends the waiting for
	// other programs. change does not keep the account, nor Update what change returned.
	Update(ctx context.Context, change func(account []byte) []byte) error
	// Alive reports whether another program runs. It is asked within an update.
	Alive(id string) bool
	// Close says that this program makes no more calls.
	Close() error
}

// LedgerName names the account of a key at a server. It tells nothing of the key.
func LedgerName(base *url.URL, key exporter.Secret) string {
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	host := strings.TrimSuffix(strings.ToLower(base.Hostname()), ".")
	sum := sha256.Sum256([]byte("lemexport rate ledger 1\x00" + host + "\x00" + port + "\x00" + key.Reveal()))
	return "rate-" + hex.EncodeToString(sum[:16])
}

// account is what the ledger holds. Another form needs another name: see LedgerName.
// Times are Unix times in ns; the clock of the wall is the one that all programs
// of a machine share.
type account struct {
	Written  int64            `json:"written"`
	Paused   int64            `json:"paused,omitempty"`
	Limit    int              `json:"limit"`
	Shortest time.Duration    `json:"shortest,omitempty"`
	Samples  int              `json:"samples,omitempty"`
	Others   [2]int           `json:"others"`
	Spanned  int64            `json:"spanned"`
	Programs map[string]entry `json:"programs"`
}

// entry is what one program writes of itself.
type entry struct {
	Seen  int64        `json:"seen"` // its last update
	Wants int          `json:"wants,omitempty"`
	Until int64        `json:"until,omitempty"`
	Calls []ledgerCall `json:"calls"`
}

// ledgerCall is one call of an entry.
type ledgerCall struct {
	Sent     int64 `json:"sent"`
	Done     int64 `json:"done,omitempty"` // 0 while in flight
	Rejected bool  `json:"rejected,omitempty"`
	Lost     bool  `json:"lost,omitempty"` // ended without an answer
}

// Bounds of what is believed.
const (
	// longestFlight is longer than any attempt takes: then a call is over, whatever
	// its program does.
	longestFlight = 3 * time.Minute
	// silence is how long a program may be silent without being checked.
	silence = 100 * time.Millisecond
	// believed is how long one believes what another program learned of the server.
	believed = 2 * span
	// longestCredit is more than any shortest round trip.
	longestCredit = 10 * time.Second
)

// kept is how long a finished call is looked at: finish looks back that far.
const kept = 2*exporter.RateWindow + margin

// read takes over what the other programs wrote. What this one did it knows
// better: its own entry is not read, so that a lost or damaged account costs
// nothing but what the others will write again.
func (b *budget) read(text []byte, now time.Time, id string, alive func(string) bool) {
	b.calls = slices.DeleteFunc(b.calls, func(c *apiCall) bool { return c.owner != "" })
	b.programs = make(map[string]*program)
	var a account
	if json.Unmarshal(text, &a) != nil || a.Limit < 1 || a.Limit > exporter.RateLimit {
		return
	}
	if since := now.Sub(time.Unix(0, a.Written)); since >= 0 && since <= believed {
		b.readServer(a, now)
	}
	if paused := notAfter(a.Paused, now.Add(LongestThrottle)); paused.After(b.paused) {
		b.paused = paused
	}
	for name, entry := range a.Programs {
		if name != id && name != "" { // which is the owner of our own calls
			b.readProgram(name, entry, now, alive)
		}
	}
}

// readServer takes over what was learned of the server and the way there.
func (b *budget) readServer(a account, now time.Time) {
	b.limit = a.Limit
	b.samples, b.shortest = a.Samples, a.Shortest
	if b.samples < 0 || b.shortest <= 0 || b.shortest > longestCredit {
		b.samples, b.shortest = 0, 0
	}
	for i, others := range a.Others {
		b.others[i] = min(max(others, 0), b.limit-1)
	}
	b.spanned = notAfter(a.Spanned, now)
}

func (b *budget) readProgram(name string, e entry, now time.Time, alive func(string) bool) {
	seen := time.Unix(0, e.Seen)
	since := now.Sub(seen)
	runs := since >= 0 && since <= silence || alive(name)
	p := &program{seen: seen}
	if runs {
		p.wants, p.until = max(e.Wants, 0), notAfter(e.Until, now.Add(ledgerPoll+grace))
	}
	b.programs[name] = p
	for _, c := range e.Calls {
		call := &apiCall{owner: name, sent: notAfter(c.Sent, now), rejected: c.Rejected, lost: c.Lost}
		if c.Done != 0 {
			call.done = notAfter(c.Done, now)
		} else if !runs || now.Sub(call.sent) > longestFlight {
			call.done, call.lost = now, true // the server may only now have got it
		}
		if call.done.IsZero() || now.Sub(call.done) <= kept {
			b.calls = append(b.calls, call)
		}
	}
}

// notAfter is a time of the account. One in the future was written before
// somebody set the clock back.
func notAfter(ns int64, latest time.Time) time.Time {
	if at := time.Unix(0, ns); at.Before(latest) {
		return at
	}
	return latest
}

// write appends the account as all programs know it now. own is the entry of this
// one, without its calls. There are two updates a request, so it is made by hand.
func (b *budget) write(to []byte, now time.Time, id string, own program) []byte {
	own.seen = now
	to = member(append(to, '{'), "written", unix(now))
	if b.paused.After(now) {
		to = member(to, "paused", unix(b.paused))
	}
	to = member(to, "limit", int64(b.limit))
	to = member(to, "shortest", int64(b.shortest))
	to = member(to, "samples", int64(min(b.samples, exporter.RateLimit)))
	to = append(to, `,"others":[`...)
	to = append(strconv.AppendInt(to, int64(b.others[0]), 10), ',')
	to = append(strconv.AppendInt(to, int64(b.others[1]), 10), ']')
	to = member(to, "spanned", unix(b.spanned))
	to = append(to, `,"programs":{`...)
	to = b.writeProgram(to, now, id, own, "")
	for name, p := range b.programs {
		to = b.writeProgram(to, now, name, *p, name)
	}
	return append(to, "}}\n"...)
}

// writeProgram appends what is known of a program, unless that is nothing.
func (b *budget) writeProgram(to []byte, now time.Time, name string, p program, owner string) []byte {
	wants := p.claims(now)
	if !wants && !slices.ContainsFunc(b.calls, func(c *apiCall) bool { return c.owner == owner }) {
		return to
	}
	quoted, err := jsontext.AppendQuote(another(to), name)
	if err != nil {
		return to // no name of a program
	}
	to = member(append(quoted, ":{"...), "seen", unix(p.seen))
	if wants {
		to = member(to, "wants", int64(p.wants))
		to = member(to, "until", unix(p.until))
	}
	return append(b.writeCalls(append(to, `,"calls":[`...), owner), "]}"...)
}

func (b *budget) writeCalls(to []byte, owner string) []byte {
	for _, c := range b.calls {
		if c.owner != owner {
			continue
		}
		to = member(append(another(to), '{'), "sent", unix(c.sent))
		if !c.done.IsZero() {
			to = member(to, "done", unix(c.done))
		}
		if c.rejected {
			to = append(to, `,"rejected":true`...)
		}
		if c.lost {
			to = append(to, `,"lost":true`...)
		}
		to = append(to, '}')
	}
	return to
}

// another appends the comma before what is not the first in its brackets.
func another(to []byte) []byte {
	if last := to[len(to)-1]; last == '{' || last == '[' {
		return to
	}
	return append(to, ',')
}

// member appends a member of an object.
func member(to []byte, name string, number int64) []byte {
	to = append(append(append(another(to), '"'), name...), `":`...)
	return strconv.AppendInt(to, number, 10)
}

// unix is a time of the account; the zero time is 0.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
