package lemlist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// errTooLarge ends the reading of a body.
var errTooLarge = errors.New("the answer is too large")

// largestKept is the largest buffer that is used again.
const largestKept = 4 << 20

// buffer holds one body.
type buffer = bytes.Buffer

// bodies reads bodies into memory that is used again.
type bodies struct {
	buffers sync.Pool // of *buffer
	zips    sync.Pool // of *gzip.Reader
}

func newBodies() *bodies {
	b := &bodies{}
	b.buffers.New = func() any { return new(buffer) }
	b.zips.New = func() any { return new(gzip.Reader) }
	return b
}

func (b *bodies) take() *buffer {
	body, _ := b.buffers.Get().(*buffer)
	return body
}

// give takes a buffer back. What was in it is wiped: the team's body holds secrets.
func (b *bodies) give(body *buffer) {
	if body.Cap() > largestKept {
		return
	}
	clear(body.Bytes())
	body.Reset()
	b.buffers.Put(body)
}

// read reads the body of a response, decompressed, up to limit bytes; what is
// beyond is an error that wraps errTooLarge. alive is called as bytes arrive.
func (b *bodies) read(body *buffer, response *http.Response, limit int64, alive func()) error {
	var from io.Reader = &watched{from: response.Body, alive: alive}
	switch encoding := strings.ToLower(strings.TrimSpace(response.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		zip, _ := b.zips.Get().(*gzip.Reader)
		defer b.zips.Put(zip)
		switch err := zip.Reset(from); {
		case errors.Is(err, io.EOF):
			return nil // no byte at all: an empty body
		case err != nil:
			return fmt.Errorf("gzip: %w", err)
		}
		from = zip
	default:
		return fmt.Errorf("compressed with %q, which was not asked for", encoding)
	}
	// LimitReader comes last, so that it bounds what decompression makes.
	switch n, err := body.ReadFrom(io.LimitReader(from, limit+1)); {
	case err != nil:
		return err
	case n > limit:
		body.Truncate(int(limit))
		return fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
	}
	return nil
}

// watched notes every byte that arrives.
type watched struct {
	from  io.Reader
	alive func()
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if n > 0 {
		w.alive()
	}
	return n, err
}
