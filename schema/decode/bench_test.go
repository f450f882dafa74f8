//go:build unix

package decode

import (
	"bytes"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/lemexport/lemexport/schema"
)

const (
	benchConversations = 100 // of a page
	benchPages         = 50  // of a batch
)

// conversation is what others decode into.
type conversation struct {
	ID                 string        `json:"_id"`
	TeamID             string        `json:"teamId"`
	ContactID          string        `json:"contactId"`
	CreatedBy          string        `json:"createdBy"`
	CreatedAt          *time.Time    `json:"createdAt"`
	LastActivityAt     *time.Time    `json:"lastActivityAt"`
	HaveReplies        *bool         `json:"haveReplies"`
	LastRepliedAt      *time.Time    `json:"lastRepliedAt"`
	LastRepliedChannel *string       `json:"lastRepliedChannel"`
	IsYourTurn         *bool         `json:"isYourTurn"`
	LastSentAt         *time.Time    `json:"lastSentAt"`
	LastSentSubject    *string       `json:"lastSentSubject"`
	LastSentPreview    *string       `json:"lastSentMessagePreview"`
	LastRepliedSubject *string       `json:"lastRepliedSubject"`
	LastRepliedPreview *string       `json:"lastRepliedMessagePreview"`
	Channels           []string      `json:"channels"`
	Users              []user        `json:"users"`
	Opportunities      []opportunity `json:"opportunities"`
	Contact            *contact      `json:"contact"`
}

type user struct {
	UserID string `json:"userId"`
	Sender bool   `json:"sender"`
	Read   bool   `json:"read"`
}

type opportunity struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Done bool   `json:"done"`
}

type contact struct {
	ID       string  `json:"_id"`
	FullName *string `json:"fullName"`
	Email    *string `json:"email"`
}

type response struct {
	Data       []conversation `json:"data"`
	Pagination Pagination     `json:"pagination"`
}

// A page of 100 compact conversations: as the API documents them, with the
// fields that were observed, and with two keys the table does not have. Beside
// the decoder, in records of 50 pages and of one, the slow path, and others
// decode the same page; the others into structs.
func BenchmarkDecode(b *testing.B) {
	const observed = `,"isYourTurn":false,"lastSentAt":"2024-12-16T08:02:11.004Z","lastSentSubject":"Quick question",` +
		`"lastSentMessagePreview":"Hi Alex,\n\nI saw that your team is hiring — would a short call next week help?"`
	for _, variant := range []struct{ name, more string }{
		{"documented", ""},
		{"observed", observed},
		{"unknown", `,"someNewField":{"a":[1,2]},"another":"value"`},
	} {
		body := benchPage(b, variant.more)
		b.Run(variant.name+"/batches", func(b *testing.B) {
			decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
			waiting := 0
			measure(b, body, func() error {
				_, err := decoder.Append(body, fetched)
				if waiting++; waiting == benchPages {
					decoder.Take().Release()
					waiting = 0
				}
				return err
			})
		})
		b.Run(variant.name+"/pages", func(b *testing.B) {
			decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
			measure(b, body, func() error {
				page, err := decoder.Decode(body, fetched)
				page.Record.Release()
				return err
			})
		})
		b.Run(variant.name+"/slow", func(b *testing.B) {
			decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
			measure(b, body, func() error {
				page, err := decodeSlow(decoder, body)
				page.Record.Release()
				return err
			})
		})
		b.Run(variant.name+"/json v2", func(b *testing.B) {
			measure(b, body, func() error { return jsonv2.Unmarshal(body, new(response)) })
		})
		b.Run(variant.name+"/json v1", func(b *testing.B) {
			measure(b, body, func() error { return json.Unmarshal(body, new(response)) })
		})
	}
}

func measure(b *testing.B, body []byte, decode func() error) {
	b.SetBytes(int64(len(body)))
	cpu, allocations := spent(b)
	for b.Loop() {
		if err := decode(); err != nil {
			b.Fatal(err)
		}
	}
	cpuAfter, allocationsAfter := spent(b)
	rows := float64(b.N * benchConversations)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/rows, "ns/row")
	b.ReportMetric(float64(cpuAfter-cpu)/rows, "user-ns/row")
	b.ReportMetric(float64(allocationsAfter-allocations)/rows, "allocs/row")
}

// spent is the process's CPU time in user mode, in nanoseconds, and how much
// it has allocated.
func spent(b *testing.B) (cpu int64, allocations uint64) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return usage.Utime.Nano(), memory.Mallocs
}

func benchPage(b *testing.B, more string) []byte {
	documented, err := os.ReadFile("../../testdata/get-many-inboxes.json")
	if err != nil {
		b.Fatal(err)
	}
	var page struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(documented, &page); err != nil {
		b.Fatal(err)
	}
	rows := make([]string, benchConversations)
	for i := range rows {
		var row bytes.Buffer
		if err := json.Compact(&row, page.Data[i%len(page.Data)]); err != nil {
			b.Fatal(err)
		}
		rows[i] = strings.TrimSuffix(row.String(), "}") + more + "}"
	}
	return pageOf(rows...)
}
