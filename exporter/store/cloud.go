package store

import (
	"context"
	"io"
	"maps"
	"time"

	"gocloud.dev/blob"

	"github.com/lemexport/lemexport/exporter"
)

// driver is how one kind of object store is reached. The zero value is one that a
// build tag has left out: no_s3, no_gcs, no_azure.
type driver struct {
	open func(context.Context, exporter.ObjectURL, Options, *sent) (*cloud, error)
	// answer is the status and the code of the server's answer that an error of the
	// store's client is about; 0 and "" when it is not the client's, or none came.
	answer func(error) (status int, code string)
}

// drivers are those of this build, by the scheme of their URLs.
func drivers() map[string]driver {
	all := map[string]driver{"s3": s3Driver(), "gs": gcsDriver(), "azblob": azureDriver()}
	maps.DeleteFunc(all, func(_ string, one driver) bool { return one.open == nil })
	return all
}

// cloud is what the object stores do differently.
type cloud struct {
	bucket *blob.Bucket
	// version is that of an object; gs counts generations, the others have ETags.
	version func(*blob.Attributes) exporter.Version
	// pin makes a read fail unless the object still has the version.
	pin func(exporter.Version) func(as func(any) bool) error
	// put uploads body as one object, unless something else than over is there.
	// It has no effect that a reader can see before all of body has arrived.
	put func(ctx context.Context, key string, body *io.SectionReader, metadata map[string]string, over exporter.Version) error
	// plainPut is put without checksums; nil where there is no such choice, or where
	// it is made already.
	plainPut func(ctx context.Context, key string, body *io.SectionReader, metadata map[string]string, over exporter.Version) error
	// sweep removes what killed uploads have left under a prefix; nil where the
	// store does that by itself.
	sweep func(ctx context.Context, prefix string) error
}

// The metadata of our objects. The names are what every store takes unchanged.
const (
	// runKey is the run that wrote the object.
	runKey = "lemexportrun"
	// uploadKey tells the upload. The answer to a successful upload can be lost; the
	// second attempt is then refused because of the first, and this tells so.
	uploadKey = "lemexportupload"
)

// cleanupTime is for what has to be done although the context has ended.
const cleanupTime = 15 * time.Second

// contentType of a file that is no text; the formats have no registered types
// that clients would know.
const contentType = "application/octet-stream"

// guarded ends a context before its reader reports an error, or an end that came
// too early: some of the uploads below commit what they have got by then, unless
// their context has ended.
type guarded struct {
	*io.SectionReader
	read   int64
	cancel context.CancelCauseFunc
}

// Read implements io.Reader.
func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.SectionReader.Read(p)
	g.read += int64(n)
	if err == io.EOF && g.read < g.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		g.cancel(err)
	}
	return n, err
}

// send sends body through gocloud, which would commit a truncated object when
// the reader fails.
func send(ctx context.Context, bucket *blob.Bucket, key string, body *io.SectionReader, options *blob.WriterOptions) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	reader := &guarded{SectionReader: io.NewSectionReader(body, 0, body.Size()), cancel: cancel}
	// Only Read: a Seek would let the count go wrong.
	err := bucket.Upload(ctx, key, struct{ io.Reader }{reader}, options)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}
