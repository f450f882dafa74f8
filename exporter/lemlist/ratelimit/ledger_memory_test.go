package ratelimit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// accountBook is an account that several programs of a test share.
type accountBook struct {
	mu   sync.Mutex
	text []byte
	runs map[string]bool
}

func newAccountBook() *accountBook { return &accountBook{runs: make(map[string]bool)} }

// program is the ledger of a new program.
func (m *accountBook) program() *memoryLedger {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &memoryLedger{book: m, id: fmt.Sprint("program-", len(m.runs))}
	m.runs[l.id] = true
	return l
}

func (m *accountBook) kill(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs[id] = false
}

func (m *accountBook) write(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = []byte(text)
}

type memoryLedger struct {
	book   *accountBook
	id     string
	broken error
	locked bool // by a program that never ends

	updates int
}

func (l *memoryLedger) ID() string { return l.id }

func (l *memoryLedger) Update(ctx context.Context, change func([]byte) []byte) error {
	if l.locked {
		<-ctx.Done()
		return ctx.Err()
	}
	l.book.mu.Lock()
	defer l.book.mu.Unlock()
	if l.broken != nil || ctx.Err() != nil {
		return errors.Join(l.broken, ctx.Err())
	}
	l.updates++
	l.book.text = bytes.Clone(change(l.book.text))
	return nil
}

func (l *memoryLedger) Alive(id string) bool { return l.book.runs[id] }

func (l *memoryLedger) Close() error {
	l.book.kill(l.id)
	return nil
}

// sharing is a limiter that uses a ledger, which must not fail.
func sharing(t *testing.T, ledger Ledger) *Limiter {
	l := New(false)
	l.Share(ledger, func(err error) { t.Errorf("the ledger was given up: %v", err) })
	return l
}

const testKey = "51301a7ed00000000000000000c0ffee"

var errBroken = errors.New("read-only file system")

func TestTheNameOfALedgerIsThatOfTheKeyAtTheServer(t *testing.T) {
	name := func(endpoint, key string) string {
		base, err := url.Parse(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		return LedgerName(base, exporter.NewSecret(key))
	}
	same := name("https://api.lemlist.com/api", testKey)
	if strings.Contains(same, testKey) || len(same) != len("rate-")+32 {
		t.Errorf("name %s", same)
	}
	for _, endpoint := range []string{"https://API.lemlist.com:443/api", "https://api.lemlist.com./api/v2"} {
		if name(endpoint, testKey) != same {
			t.Errorf("%s has a ledger of its own", endpoint)
		}
	}
	if name("http://127.0.0.1:1/api", testKey) == name("http://127.0.0.1:2/api", testKey) {
		t.Error("two servers of one machine share a ledger")
	}
	if name("https://api.lemlist.com/api", testKey+"0") == same {
		t.Error("two keys share a ledger")
	}
}
