package lemlist

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

// body is that of one answer, in memory that is used again.
type body struct {
	text bytes.Buffer // decompressed
	// gzip is the body as it came, when it came so compressed; else it is empty.
	gzip []byte
	zip  gzip.Reader
	held *hold // the place of a large answer
}

// wipe takes out what was in it: the team's body holds secrets.
func (b *body) wipe() {
	clear(b.text.Bytes())
	b.text.Reset()
	clear(b.gzip)
	b.gzip = b.gzip[:0]
}

// large reports whether an answer has the place of a large one.
func (b *body) large() bool { return b.held != nil }

// handOver returns the place, which is the caller's from now on.
func (b *body) handOver() *hold {
	defer func() { b.held = nil }()
	return b.held
}

// bodies keep the memory of bodies.
type bodies struct{ spares spares[body] }

func (b *bodies) take() *body {
	if one := b.spares.take(); one != nil {
		return one
	}
	return new(body)
}

// give takes a body back, and gives its place back; nil is none.
func (b *bodies) give(one *body) {
	if one == nil {
		return
	}
	one.handOver().release()
	if one.text.Cap() > largestKept || cap(one.gzip) > largestKept {
		return
	}
	one.wipe()
	b.spares.give(one)
}

// bounds are what a body may have.
type bounds struct {
	limit int64 // bytes, decompressed; more are an error that wraps errTooLarge
	small int64 // bytes that need no place
	// values is how many JSON values a good answer may have.
	values int64
	// enter waits for the place of a large answer. It is called once at most.
	enter func() (*hold, error)
	alive func() // is called as bytes arrive
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
		if err := b.enter(within); err != nil {
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

// enter waits for the place of a large answer, unless the body has it.
func (b *body) enter(within bounds) (err error) {
	if !b.large() {
		b.held, err = within.enter()
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
			if err := w.to.enter(w.within); err != nil {
				return 0, err
			}
		}
		w.to.gzip = append(w.to.gzip, p[:n]...)
	}
	return n, err
}
