package bucket

import (
	"context"
	"errors"
	"io"

	"gocloud.dev/blob"

	"github.com/lemexport/lemexport/exporter"
)

// Driver is one kind of object store: how to connect to it, and what a person has to know
// about its errors. The zero value is one that a build tag has left out.
type Driver struct {
	// Open connects to the bucket of a target.
	Open func(context.Context, Target) (Client, error)
	// Response is the status and the code of the server's response that an error of the
	// client is about; 0 and "" when the error is not the client's or there was no response.
	Response func(error) (status int, code string)
	// NoVersion is a well-formed version that no object has.
	NoVersion exporter.Version
	// Rights are the names of the permissions that an export needs.
	Rights Rights
	// Credentials says how to set credentials.
	Credentials string
	// Redirect says what to do when the server redirects; "" is a general hint.
	Redirect string
	// Archived says what to do about an object in an archive, by the code of the response.
	Archived map[string]string
	// Verbose says that the errors of the client take many lines and repeat the request.
	Verbose bool
}

// Rights are the names of the permissions that credentials need; Remove is for exports that
// remove earlier versions.
type Rights struct{ Read, List, Write, Remove string }

// Client is a connected bucket.
type Client interface {
	// Bucket is what reads and lists objects.
	Bucket() *blob.Bucket
	// Version is that of an object.
	Version(*blob.Attributes) exporter.Version
	// Pin is the BeforeRead option of a read that fails unless the object still has the
	// version.
	Pin(exporter.Version) func(as func(any) bool) error
	// Put uploads an object. Readers see nothing of it before all of the body has arrived.
	Put(context.Context, Put) error
}

// UncheckedPutter is a client that can upload without checksums, which some servers do not
// accept.
type UncheckedPutter interface {
	PutUnchecked(context.Context, Put) error
}

// Cleaner is a client that removes what killed uploads have left under a prefix. The other
// stores do it themselves.
type Cleaner interface {
	Clean(ctx context.Context, prefix string) error
}

// ErrNoCondition means that gocloud or the client of a store has changed: a request would
// be made without its condition.
var ErrNoCondition = errors.New("the client of the object store does not accept the condition")

// Put is an upload of one object.
type Put struct {
	Key      string
	Body     *io.SectionReader
	Metadata map[string]string
	// Over is the version that the upload replaces; it fails when another one is there.
	Over exporter.Version
}

// Send uploads through gocloud, which on its own commits a truncated object when the
// reader fails. The options bring what is not in the put.
func Send(ctx context.Context, to *blob.Bucket, put Put, options blob.WriterOptions) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	options.ContentType, options.Metadata = ContentType, put.Metadata
	body := &guardedReader{SectionReader: io.NewSectionReader(put.Body, 0, put.Body.Size()), cancel: cancel}
	// Only Read: a Seek would make the count wrong.
	err := to.Upload(ctx, put.Key, struct{ io.Reader }{body}, &options)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// guardedReader cancels a context before it returns an error or an early end of the file:
// the uploads of gocloud commit what they have by then, unless their context has ended.
type guardedReader struct {
	*io.SectionReader
	read   int64
	cancel context.CancelCauseFunc
}

// Read implements io.Reader.
func (g *guardedReader) Read(p []byte) (int, error) {
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
