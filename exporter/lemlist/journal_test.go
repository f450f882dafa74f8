package lemlist

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

func zipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

// pageBody is a page as the API sends it.
func pageBody(t *testing.T) []byte {
	t.Helper()
	team, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/inbox?userId="+team.UserIDs()[0], http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("", team.Key())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnEntryIsTheAnswerThatItWas(t *testing.T) {
	text := pageBody(t)
	halves := append(zipped(string(text[:1000])), zipped(string(text[1000:]))...)
	journal := new(notebook)
	writes := new(journalWriter)
	sent := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	head := entryHead{Kind: entryPage, User: "usr_1", Segment: 2, Number: 3, Page: 4, Sent: sent, Arrived: sent.Add(time.Second), Requests: 5, Retries: 6, Throttled: 7}
	for _, came := range []client.Body{{Bytes: zipped(string(text)), Coding: client.CodingGzip}, {Bytes: text}, {Bytes: halves, Coding: client.CodingGzip}} {
		entry, err := writes.entry(head, came)
		if err != nil {
			t.Fatal(err)
		}
		if len(entry) > len(text)/2 {
			t.Errorf("an entry of %d bytes for an answer of %d", len(entry), len(text))
		}
		if err := journal.Append(entry); err != nil {
			t.Fatal(err)
		}
	}
	reads := newJournalReader(journal)
	defer reads.close()
	var first string
	for n := range 3 {
		kept, ok, err := reads.next()
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		got, refused, err := reads.response(kept)
		if err != nil || refused != nil {
			t.Fatal(err, refused)
		}
		if !bytes.Equal(reads.text.Bytes(), text) {
			t.Errorf("entry %d is another text", n)
		}
		if got.Cost != (client.Cost{Requests: 5, Retries: 6, Throttled: 7}) || !got.Sent.Equal(head.Sent) || !got.Arrived.Equal(head.Arrived) || kept.head.request() != (prover.Request{Segment: 2, Number: 3, Page: 4}) {
			t.Errorf("entry %d is %+v", n, got)
		}
		if rows := got.page.Record.Column(0).String(); n == 0 {
			first = rows
		} else if rows != first || len(rows) < 100 {
			t.Errorf("entry %d has the rows %s", n, rows)
		}
		got.page.Record.Release()
	}
}

// Whatever an entry says, it takes no more memory than an answer may.
func TestAnEntryIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	zip, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range client.LargestBody/len(block) + 2 {
		if _, err := zip.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for coding, body := range map[string][]byte{client.CodingGzip: bomb.Bytes(), codingS2: binary.AppendUvarint(nil, client.LargestBody+1)} {
		p := new(journalReader)
		if err := p.unpack(keptEntry{head: entryHead{Coding: coding}, body: body}); !errors.Is(err, client.ErrTooLarge) || p.text.Cap() > 4*client.LargestBody {
			t.Errorf("%s: error %v, %d bytes of memory", coding, err, p.text.Cap())
		}
	}
}

func FuzzEntry(f *testing.F) {
	for _, coding := range []string{client.CodingNone, client.CodingGzip, codingS2, "br"} {
		f.Add(coding, zipped(apitest.EmptyPage))
		f.Add(coding, []byte("\x05\x10hello"))
		f.Add(coding, []byte{})
	}
	f.Fuzz(func(_ *testing.T, coding string, body []byte) {
		p := newJournalReader(new(notebook))
		defer p.close()
		got, _, err := p.response(keptEntry{head: entryHead{Kind: entryPage, Coding: coding}, body: body})
		if err == nil {
			got.page.Record.Release()
		}
	})
}
