package lemlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/klauspost/compress/zstd"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// journalWindow is the window of the compression: more than most pages, and
// little memory.
const journalWindow = 256 << 10

// scribe makes journal entries.
type scribe struct {
	zip  *zstd.Encoder
	text []byte
}

func newScribe() (*scribe, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(journalWindow))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &scribe{zip: zip}, nil
}

// entry is valid until the next call.
func (s *scribe) entry(head entryHead, body []byte) ([]byte, error) {
	line, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	s.text = append(append(s.text[:0], line...), '\n')
	s.text = s.zip.EncodeAll(body, s.text)
	return s.text, nil
}

// past reads what an earlier walk has left.
type past struct {
	read    func() ([]byte, error, bool)
	close   func()
	zip     *zstd.Decoder
	decoder *schema.Decoder
}

// keptEntry is an entry of the journal.
type keptEntry struct {
	head entryHead
	body []byte // compressed
}

func newPast(journal exporter.Journal) (*past, error) {
	zip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	p := &past{zip: zip, decoder: schema.NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())}
	next, stop := iter.Pull2(journal.Entries())
	p.read = next
	p.close = func() { stop(); zip.Close() }
	return p, nil
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
		return listing{cost: spent}, errPageRefused, nil
	case entrySkipped:
		return listing{cost: spent}, errUserNotInTeam, nil
	case entryPage:
	default:
		return listing{}, nil, errors.New("an entry of an unknown kind")
	}
	body, err := p.zip.DecodeAll(kept.body, nil)
	if err != nil {
		return listing{}, nil, err
	}
	page, err := p.decoder.Decode(body, head.Arrived)
	if err != nil {
		return listing{}, nil, err
	}
	return listing{page: page, sent: head.Sent, arrived: head.Arrived, cost: spent}, nil, nil
}
