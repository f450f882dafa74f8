package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/lemexport/lemexport/exporter"
)

const (
	// blockSize is the least that is fetched at once: a footer fits into it, and a request
	// takes longer than its bytes.
	blockSize = 1 << 20
	// maxBatch is the most blocks that one request fetches, for sequential reads.
	maxBatch = 16
)

// object is one version of an object. It caches in a local temporary file what it has
// fetched: a file is read footer first, then column by column, with many small reads back
// and forth.
type object struct {
	// ctx is that of Open: ReadAt has none.
	ctx     context.Context //nolint:containedctx // see above
	client  Client
	explain explainer
	options Options
	key     string
	url     string
	size    int64
	version exporter.Version

	mu     sync.Mutex
	local  exporter.ScratchFile
	cached int64           // bytes in local
	blocks map[int64]int64 // the offset of a block in local
	batch  int64           // how many blocks to fetch at once
	next   int64           // the block after the last one fetched
	failed error           // of a write to local
}

// Size is the object's length in bytes.
func (o *object) Size() int64 { return o.size }

// Version is the one that is read, to the end.
func (o *object) Version() exporter.Version { return o.version }

// Close frees the local copy.
func (o *object) Close() error { return o.local.Close() }

// ReadAt reads from the local copy, and first fetches the blocks that it lacks.
func (o *object) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, errors.New("read: negative offset")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for n < len(p) {
		at := offset + int64(n)
		if at >= o.size {
			return n, io.EOF
		}
		block := at / blockSize
		cached, err := o.locate(block)
		if err != nil {
			return n, err
		}
		inside := at - block*blockSize
		part := p[n:min(int64(len(p)), int64(n)+o.length(block)-inside)]
		read, err := o.local.ReadAt(part, cached+inside)
		n += read
		if err != nil && read < len(part) {
			return n, err
		}
	}
	return n, nil
}

// length is that of a block; the last one is shorter.
func (o *object) length(block int64) int64 { return min(blockSize, o.size-block*blockSize) }

// locate returns the offset of a block in the local copy, and fetches it if need be.
// Sequential reads fetch more blocks each time.
func (o *object) locate(block int64) (offset int64, err error) {
	if offset, ok := o.blocks[block]; ok {
		return offset, nil
	}
	if o.failed != nil {
		return 0, o.failed
	}
	if block == o.next {
		o.batch = min(2*o.batch, maxBatch)
	} else {
		o.batch = 1
	}
	count := int64(0)
	for end := (o.size + blockSize - 1) / blockSize; count < o.batch && block+count < end; count++ {
		if _, known := o.blocks[block+count]; known {
			break
		}
	}
	if err := o.fetch(block, count); err != nil {
		return 0, err
	}
	o.next = block + count
	return o.blocks[block], nil
}

// fetch appends blocks to the local copy. It resumes where a connection broke; only
// consecutive attempts without a byte count.
func (o *object) fetch(block, count int64) error {
	from, end := block*blockSize, min((block+count)*blockSize, o.size)
	start := o.cached
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = min(pause.InitialInterval, o.options.MaxDelay)
	pause.MaxInterval = o.options.MaxDelay
	for attempt := 1; from < end; attempt++ {
		n, err := o.fetchOnce(from, end-from)
		from += n
		o.cached += n
		if n > 0 {
			attempt = 1
			pause.Reset()
		}
		if from == end {
			break
		}
		if err := o.permanent(err, attempt); err != nil {
			return err
		}
		select {
		case <-o.ctx.Done():
			return o.ctx.Err()
		case <-time.After(pause.NextBackOff()):
		}
	}
	for i := range count {
		o.blocks[block+i] = start + i*blockSize
	}
	return nil
}

func (o *object) fetchOnce(from, length int64) (int64, error) {
	reader, err := o.client.Read(o.ctx, o.key, o.version, from, length)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(localWriter{o}, reader)
	return n, errors.Join(err, reader.Close())
}

// localWriter tells a failure of the disk from one of the network.
type localWriter struct{ o *object }

// Write implements io.Writer.
func (w localWriter) Write(p []byte) (int, error) {
	n, err := w.o.local.Write(p)
	if err != nil {
		w.o.failed = err
	}
	return n, err
}

// permanent is the error of a fetch that is not worth another attempt; nil means to try
// again.
func (o *object) permanent(err error, attempt int) error {
	switch {
	case o.failed != nil:
		return o.failed
	case o.ctx.Err() != nil:
		return o.ctx.Err()
	case err != nil && o.explain.refused(err, o.version):
		return exporter.WithHint(fmt.Errorf("%s was replaced while it was read: %w", o.url, exporter.ErrConflict), "Run it again.")
	case attempt >= o.options.Attempts || o.explain.permanent(err, http.StatusNotImplemented):
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return o.explain.read(fmt.Errorf("read %s: %w", o.url, err))
	}
	return nil
}
