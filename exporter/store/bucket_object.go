package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"gocloud.dev/blob"

	"github.com/lemexport/lemexport/exporter"
)

const (
	// blockSize is the least that is fetched: a footer fits, and a request costs
	// more time than its bytes.
	blockSize = 1 << 20
	// maxAhead is the most blocks that are fetched at once, for reads in sequence.
	maxAhead = 16
)

// bucketObject is one version of an object. Whatever has arrived is kept in a
// local temporary file: a file is read footer first, then column by column, with
// many small reads and back and forth.
type bucketObject struct {
	// ctx is that of Open: ReadAt has none.
	ctx     context.Context //nolint:containedctx // see above
	bucket  *Bucket
	cloud   *cloud
	name    string
	size    int64
	version exporter.Version

	mu     sync.Mutex
	local  *scratchFile
	stored int64           // bytes in local
	blocks map[int64]int64 // where a block is in local
	ahead  int64           // blocks to fetch at once
	next   int64           // the block after the last one fetched
	failed error           // of local
}

func newBucketObject(ctx context.Context, bucket *Bucket, cloud *cloud, name string, attributes *blob.Attributes) (*bucketObject, error) {
	local, err := newTemp(bucket.options.TempDir)
	if err != nil {
		return nil, err
	}
	return &bucketObject{
		ctx: ctx, bucket: bucket, cloud: cloud, name: name, size: attributes.Size, version: cloud.version(attributes),
		local: local, blocks: make(map[int64]int64), ahead: 1, next: -1,
	}, nil
}

// Size is the object's length in bytes.
func (o *bucketObject) Size() int64 { return o.size }

// Version is the one that is read, to the end.
func (o *bucketObject) Version() exporter.Version { return o.version }

// Close frees the local copy.
func (o *bucketObject) Close() error { return o.local.Close() }

// ReadAt reads from the local copy, after having fetched what it lacks.
func (o *bucketObject) ReadAt(p []byte, offset int64) (n int, err error) {
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
		stored, err := o.block(block)
		if err != nil {
			return n, err
		}
		inside := at - block*blockSize
		part := p[n:min(int64(len(p)), int64(n)+o.length(block)-inside)]
		read, err := o.local.ReadAt(part, stored+inside)
		n += read
		if err != nil && read < len(part) {
			return n, err
		}
	}
	return n, nil
}

// length is that of a block; the last one is shorter.
func (o *bucketObject) length(block int64) int64 { return min(blockSize, o.size-block*blockSize) }

// block gives the place of a block in the local copy.
func (o *bucketObject) block(block int64) (stored int64, err error) {
	if stored, ok := o.blocks[block]; ok {
		return stored, nil
	}
	if o.failed != nil {
		return 0, o.failed
	}
	if block == o.next {
		o.ahead = min(2*o.ahead, maxAhead)
	} else {
		o.ahead = 1
	}
	count := int64(0)
	for end := (o.size + blockSize - 1) / blockSize; count < o.ahead && block+count < end; count++ {
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

// fetch appends blocks to the local copy. A connection that breaks goes on where
// it broke; only attempts in a row without a byte count.
func (o *bucketObject) fetch(block, count int64) error {
	from, end := block*blockSize, min((block+count)*blockSize, o.size)
	start := o.stored
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = min(pause.InitialInterval, o.bucket.options.MaxDelay)
	pause.MaxInterval = o.bucket.options.MaxDelay
	for attempt := 1; from < end; attempt++ {
		n, err := o.fetchOnce(from, end-from)
		from += n
		o.stored += n
		if n > 0 {
			attempt = 1
			pause.Reset()
		}
		if from == end {
			break
		}
		if err := o.final(err, attempt); err != nil {
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

func (o *bucketObject) fetchOnce(from, length int64) (int64, error) {
	reader, err := o.cloud.bucket.NewRangeReader(o.ctx, o.bucket.key(o.name), from, length, &blob.ReaderOptions{BeforeRead: o.cloud.pin(o.version)})
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(localWriter{o}, reader)
	return n, errors.Join(err, reader.Close())
}

// localWriter tells a failure of the disk from one of the network.
type localWriter struct{ o *bucketObject }

// Write implements io.Writer.
func (w localWriter) Write(p []byte) (int, error) {
	n, err := w.o.local.Write(p)
	if err != nil {
		w.o.failed = err
	}
	return n, err
}

// final is the error of a fetch that is of no use to repeat; nil is one to repeat.
func (o *bucketObject) final(err error, attempt int) error {
	switch {
	case o.failed != nil:
		return o.failed
	case o.ctx.Err() != nil:
		return o.ctx.Err()
	case err != nil && refused(err, o.version):
		return exporter.WithHint(fmt.Errorf("%s was replaced while it was read: %w", o.bucket.URL(o.name), exporter.ErrConflict), "Run it again.")
	case attempt >= o.bucket.options.Attempts || answered(err, http.StatusNotImplemented):
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return o.bucket.explainRead(fmt.Errorf("read %s: %w", o.bucket.URL(o.name), err))
	}
	return nil
}
