package lemlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// keptBody is a body for the journal. One that came compressed is kept as it
// came: to compress it once more is most of what a journal would cost.
type keptBody struct {
	bytes  []byte
	coding string
}

// The codings of bodies.
const (
	codingNone = ""
	codingGzip = "gzip"
	codingS2   = "s2" // of those that came without
)

// keep copies a body for the journal.
func (b *body) keep() keptBody {
	if len(b.gzip) > 0 {
		return keptBody{bytes.Clone(b.gzip), codingGzip}
	}
	return keptBody{bytes.Clone(b.text.Bytes()), codingNone}
}

// scribe makes journal entries.
type scribe struct{ text []byte }

// entry is valid until the next call.
func (s *scribe) entry(head entryHead, body keptBody) ([]byte, error) {
	head.Coding = body.coding
	if body.coding == codingNone && len(body.bytes) > 0 {
		head.Coding = codingS2
	}
	line, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	s.text = append(append(s.text[:0], line...), '\n')
	if head.Coding != codingS2 {
		s.text = append(s.text, body.bytes...)
		return s.text, nil
	}
	n := len(s.text)
	s.text = slices.Grow(s.text, s2.MaxEncodedLen(len(body.bytes)))
	s.text = s.text[:n+len(s2.Encode(s.text[n:cap(s.text)], body.bytes))]
	return s.text, nil
}

// past reads what an earlier walk has left.
type past struct {
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

func newPast(journal exporter.Journal) *past {
	p := &past{decoder: decode.NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())}
	p.read, p.close = iter.Pull2(journal.Entries())
	return p
}

// next is the next entry; false is the end of the journal, or of what this
// version understands of it.
func (p *past) next() (keptEntry, bool, error) {
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

// listing makes an entry the answer again that it was; refused is the error that
// the answer was.
func (p *past) listing(kept keptEntry) (got listing, refused, err error) {
	head := kept.head
	spent := cost{requests: head.Requests, retries: head.Retries, throttled: head.Throttled}
	switch head.Kind {
	case entryRefused:
		return listing{sent: head.Sent, arrived: head.Arrived, cost: spent}, errPageRefused, nil
	case entrySkipped:
		return listing{sent: head.Sent, arrived: head.Arrived, cost: spent}, errUserNotInTeam, nil
	case entryPage:
	default:
		return listing{}, nil, errors.New("an entry of an unknown kind")
	}
	if err := p.unpack(kept); err != nil {
		return listing{}, nil, err
	}
	page, err := p.decoder.Decode(p.text.Bytes(), head.Arrived)
	if err != nil {
		return listing{}, nil, err
	}
	return listing{page: page, sent: head.Sent, arrived: head.Arrived, cost: spent}, nil, nil
}

// unpack decompresses the body of an entry into text, which is bounded whatever
// the entry says.
func (p *past) unpack(kept keptEntry) error {
	p.text.Reset()
	switch kept.head.Coding {
	case codingGzip:
		if err := p.zip.Reset(bytes.NewReader(kept.body)); err != nil {
			return err
		}
		n, err := p.text.ReadFrom(io.LimitReader(&p.zip, largestBody+1))
		if err == nil && n > largestBody {
			err = errTooLarge
		}
		return err
	case codingS2:
		size, err := s2.DecodedLen(kept.body)
		if err == nil && size > largestBody {
			err = errTooLarge
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
