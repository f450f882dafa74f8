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

// errTooLarge ends the reading of a body.
var errTooLarge = errors.New("the answer is too large")

const (
	// largestBody is the most that an answer may have, decompressed.
	largestBody = 64 << 20
	// largestKept is the largest body whose memory is used again.
	largestKept = 1 << 20
)

// body is that of one answer, in memory that is used again.
type body struct {
	text bytes.Buffer // decompressed
	// gzip is the body as it came, when it came so compressed; else it is empty.
	gzip []byte
	zip  gzip.Reader
}

// wipe takes out what was in it: the team's body holds secrets.
func (b *body) wipe() {
	clear(b.text.Bytes())
	b.text.Reset()
	clear(b.gzip)
	b.gzip = b.gzip[:0]
}

// bodies keep the memory of bodies.
type bodies struct{ spares spares[body] }

func (b *bodies) take() *body {
	if one := b.spares.take(); one != nil {
		return one
	}
	return new(body)
}

// give takes a body back; nil is none.
func (b *bodies) give(one *body) {
	if one == nil || one.text.Cap() > largestKept || cap(one.gzip) > largestKept {
		return
	}
	one.wipe()
	b.spares.give(one)
}

// read reads the body of a response, up to limit bytes; what is beyond is an
// error that wraps errTooLarge. alive is called as bytes arrive.
func (b *body) read(response *http.Response, limit int64, alive func()) error {
	watch := &watched{from: response.Body, alive: alive}
	var from io.Reader = watch
	switch encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		watch.keep, watch.most = &b.gzip, limit
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
	switch n, err := b.text.ReadFrom(io.LimitReader(from, limit+1)); {
	case err != nil:
		return err
	case n > limit:
		b.text.Truncate(int(limit))
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
	}
	return nil
}

// watched notes every byte that arrives, and may keep them.
type watched struct {
	from  io.Reader
	alive func()
	keep  *[]byte // nil: no
	most  int64   // bytes to keep; more are an error that wraps errTooLarge
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if n > 0 {
		w.alive()
	}
	if w.keep != nil {
		// Compressed texts of nothing, one after the other, come to no end.
		if int64(len(*w.keep)+n) > w.most {
			return 0, fmt.Errorf("%w: more than %d bytes, compressed", errTooLarge, w.most)
		}
		*w.keep = append(*w.keep, p[:n]...)
	}
	return n, err
}
