package bucket

import (
	"context"
	"io"
	"iter"

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
	// Head looks an object up.
	Head(ctx context.Context, key string) (Head, error)
	// Read opens length bytes of an object, from an offset. It fails unless the object still
	// has the version.
	Read(ctx context.Context, key string, version exporter.Version, from, length int64) (io.ReadCloser, error)
	// List yields the keys that have the prefix and no slash after it, in order.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// Delete removes an object.
	Delete(ctx context.Context, key string) error
	// Put uploads an object. Readers see nothing of it before all of the body has arrived.
	Put(context.Context, Put) error
}

// Head is what a store says about an object.
type Head struct {
	Size     int64
	Version  exporter.Version
	Metadata map[string]string
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

// Put is an upload of one object.
type Put struct {
	Key      string
	Body     *io.SectionReader
	Metadata map[string]string
	// Over is the version that the upload replaces; it fails when another one is there.
	Over exporter.Version
}
