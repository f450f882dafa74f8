package lemlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// entryHead is the head of a journal entry, in JSON. A line feed and the body of the
// response follow it.
type entryHead struct {
	Kind      string    `json:"kind"`
	Coding    string    `json:"coding,omitempty"` // of the body
	User      string    `json:"user"`
	Segment   int       `json:"strand"`
	Number    int64     `json:"number"`
	Page      int64     `json:"page"`
	Size      int64     `json:"size,omitempty"`
	Sent      time.Time `json:"sent"`
	Arrived   time.Time `json:"arrived"`
	Requests  int64     `json:"requests"`
	Retries   int64     `json:"retries"`
	Throttled int64     `json:"throttled"`
}

// The kinds of entries.
const (
	entryPage    = "page"
	entryRefused = "refused" // the page: client.ErrRefused
	entrySkipped = "skipped" // the user: client.ErrUserNotInTeam
	// entryTakeover says that another walk makes the requests from here on.
	entryTakeover = "takeover"
)

func (h entryHead) request() prover.Request {
	return prover.Request{Segment: h.Segment, Number: h.Number, Page: h.Page, Size: h.Size}
}

// codingS2 is the coding in the journal of bodies that came uncompressed.
const codingS2 = "s2"

// journalWriter makes journal entries.
type journalWriter struct{ text []byte }

// entry is valid until the next call.
func (s *journalWriter) entry(head entryHead, body client.Body) ([]byte, error) {
	head.Coding = body.Coding
	if body.Coding == client.CodingNone && len(body.Bytes) > 0 {
		head.Coding = codingS2
	}
	line, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	s.text = append(append(s.text[:0], line...), '\n')
	if head.Coding != codingS2 {
		s.text = append(s.text, body.Bytes...)
		return s.text, nil
	}
	n := len(s.text)
	s.text = slices.Grow(s.text, s2.MaxEncodedLen(len(body.Bytes)))
	s.text = s.text[:n+len(s2.Encode(s.text[n:cap(s.text)], body.Bytes))]
	return s.text, nil
}

// journalReader reads the journal of an earlier walk.
type journalReader struct {
	read    func() ([]byte, error, bool)
	close   func()
	decoder *decode.Decoder
	zip     gzip.Reader
	text    bytes.Buffer
}

// keptEntry is an entry of the journal.
type keptEntry struct {
	head entryHead
	body []byte // in the head's coding
}

func newJournalReader(journal exporter.Journal) *journalReader {
	p := &journalReader{decoder: decode.NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())}
	p.read, p.close = iter.Pull2(journal.Entries())
	return p
}

// next returns the next entry. It reports false at the end of the journal, or of what this
// version understands of it.
func (p *journalReader) next() (keptEntry, bool, error) {
	entry, err, ok := p.read()
	if !ok || err != nil {
		return keptEntry{}, false, err
	}
	text, body, _ := bytes.Cut(entry, []byte{'\n'})
	kept := keptEntry{body: body}
	if err := json.Unmarshal(text, &kept.head); err != nil {
		return keptEntry{}, false, nil //nolint:nilerr // the end of what is understood
	}
	return kept, true, nil
}

// response returns the response that an entry holds; refused is the error that it was.
func (p *journalReader) response(kept keptEntry) (got response, refused, err error) {
	head := kept.head
	was := client.Response{
		Sent: head.Sent, Arrived: head.Arrived,
		Cost: client.Cost{Requests: head.Requests, Retries: head.Retries, Throttled: head.Throttled},
	}
	switch head.Kind {
	case entryRefused:
		return response{Response: was}, client.ErrRefused, nil
	case entrySkipped:
		return response{Response: was}, client.ErrUserNotInTeam, nil
	case entryPage:
	default:
		return response{}, nil, errors.New("an entry of an unknown kind")
	}
	if err := p.unpack(kept); err != nil {
		return response{}, nil, err
	}
	page, err := p.decoder.Decode(p.text.Bytes(), head.Arrived)
	if err != nil {
		return response{}, nil, err
	}
	return response{Response: was, page: page}, nil, nil
}

// unpack decompresses the body of an entry into text, which is bounded whatever
// the entry says.
func (p *journalReader) unpack(kept keptEntry) error {
	p.text.Reset()
	switch kept.head.Coding {
	case client.CodingGzip:
		if err := p.zip.Reset(bytes.NewReader(kept.body)); err != nil {
			return err
		}
		n, err := p.text.ReadFrom(io.LimitReader(&p.zip, client.LargestBody+1))
		if err == nil && n > client.LargestBody {
			err = client.ErrTooLarge
		}
		return err
	case codingS2:
		size, err := s2.DecodedLen(kept.body)
		if err == nil && size > client.LargestBody {
			err = client.ErrTooLarge
		}
		if err != nil {
			return err
		}
		p.text.Grow(size)
		text, err := s2.Decode(p.text.AvailableBuffer()[:size], kept.body)
		p.text.Write(text)
		return err
	}
	return fmt.Errorf("an entry of the unknown coding %q", kept.head.Coding)
}
