package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

const (
	// largestKept is the largest body whose memory is used again.
	largestKept = 1 << 20
	// chunk is the unit in which a large body is read.
	chunk = 1 << 20
)

// body is that of one response, in memory that is used again.
type body struct {
	text bytes.Buffer // decompressed
	// gzip is the body as it came, when it came so compressed; else it is empty.
	gzip []byte
	zip  gzip.Reader
	held *Place // the place of a large response
}

// wipe takes out what was in it: the team's body holds secrets.
func (b *body) wipe() {
	clear(b.text.Bytes())
	b.text.Reset()
	clear(b.gzip)
	b.gzip = b.gzip[:0]
}

// large reports whether a response has the place of a large one.
func (b *body) large() bool { return b.held != nil }

// handOver returns the place, which is the caller's from now on.
func (b *body) handOver() *Place {
	defer func() { b.held = nil }()
	return b.held
}

// keep copies the body as it came. One that came compressed stays so: to compress it
// once more is most of what a journal would cost.
func (b *body) keep() Body {
	if len(b.gzip) > 0 {
		return Body{Bytes: bytes.Clone(b.gzip), Coding: CodingGzip}
	}
	return Body{Bytes: bytes.Clone(b.text.Bytes())}
}

// Body is a copy of the body of a response.
type Body struct {
	Bytes []byte
	// Coding is [CodingNone] or [CodingGzip].
	Coding string
}

// The codings of a body.
const (
	CodingNone = ""
	CodingGzip = "gzip"
)

// mostBodies is how many bodies are kept to be used again. Responses are read one at a
// time, but for those that happen to arrive together. A sync.Pool would keep some for
// every processor and drop them with every collection: at ten requests a second, most
// would be made anew.
const mostBodies = 4

// bodies keep the memory of bodies.
type bodies struct{ free chan *body }

func newBodies() bodies { return bodies{make(chan *body, mostBodies)} }

func (b bodies) take() *body {
	select {
	case one := <-b.free:
		return one
	default:
		return new(body)
	}
}

// give takes a body back, and releases its place. The body may be nil.
func (b bodies) give(one *body) {
	if one == nil {
		return
	}
	one.handOver().Release()
	if one.text.Cap() > largestKept || cap(one.gzip) > largestKept {
		return
	}
	one.wipe()
	select {
	case b.free <- one:
	default:
	}
}

// bounds are what a body may have.
type bounds struct {
	limit int64 // bytes, decompressed; more are an error that wraps ErrTooLarge
	small int64 // bytes that do not need the place
	// values is how many JSON values a good response may have.
	values int64
	// reserve waits for the place of a large response. It is called once at most.
	reserve func() (*Place, error)
	alive   func() // is called as bytes arrive
}

// read reads the body of a response.
func (b *body) read(response *http.Response, within bounds) error {
	watch := &watched{from: response.Body, within: within, to: b}
	var from io.Reader = watch
	switch encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		watch.keep = true
		switch err := b.zip.Reset(from); {
		case errors.Is(err, io.EOF):
			return nil // no byte at all: an empty body
		case err != nil:
			return fmt.Errorf("gzip: %w", err)
		}
		from = &b.zip
	default:
		return fmt.Errorf("compressed with %q, which was not asked for", encoding)
	}
	// LimitReader comes last, so that it bounds what decompression makes.
	small := min(within.small, within.limit)
	if n, err := b.text.ReadFrom(io.LimitReader(from, small+1)); err != nil || n <= small {
		return err
	}
	if within.limit > small {
		if err := b.reserve(within); err != nil {
			return err
		}
		if err := b.readRest(from, within.limit+1); err != nil {
			return err
		}
	}
	if int64(b.text.Len()) > within.limit {
		b.text.Truncate(int(within.limit))
		return tooManyBytes(within.limit, "")
	}
	return nil
}

// reserve waits for the place of a large response, unless the body has it.
func (b *body) reserve(within bounds) (err error) {
	if !b.large() {
		b.held, err = within.reserve()
	}
	return err
}

// readRest reads until the text has most bytes. A buffer that grows takes up to
// three times its bytes, the chunks take two.
func (b *body) readRest(from io.Reader, most int64) error {
	size := int64(b.text.Len())
	chunks := [][]byte{b.text.Bytes()}
	for size < most {
		next := make([]byte, min(chunk, most-size))
		n, err := fill(from, next)
		chunks, size = append(chunks, next[:n]), size+int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	whole := make([]byte, 0, size)
	for i, next := range chunks {
		whole, chunks[i] = append(whole, next...), nil
	}
	b.text = *bytes.NewBuffer(whole)
	return nil
}

// fill reads until p is full. Unlike io.ReadFull it keeps the end of the body, which
// is io.EOF, apart from a body that is cut, which is io.ErrUnexpectedEOF.
func fill(from io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = from.Read(p[n:])
		n += more
	}
	return n, err
}

// watched notes every byte that arrives, and may keep them.
type watched struct {
	from   io.Reader
	within bounds
	to     *body
	keep   bool // in the body's gzip
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if n > 0 {
		w.within.alive()
	}
	if w.keep {
		// Compressed texts of nothing, one after the other, come to no end.
		size := int64(len(w.to.gzip) + n)
		if size > w.within.limit {
			return 0, tooManyBytes(w.within.limit, ", compressed")
		}
		if size > w.within.small {
			if err := w.to.reserve(w.within); err != nil {
				return 0, err
			}
		}
		w.to.gzip = append(w.to.gzip, p[:n]...)
	}
	return n, err
}
