package bucket

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// Options are the limits of the requests to an object store. The zero values are those of
// the product, but Scratch is required.
type Options struct {
	// Scratch makes the local files: an export is complete there before it is uploaded, and
	// an object that is read keeps there what has arrived.
	Scratch exporter.Scratch
	// Attempts is how often a request is made before it fails; 0 is 8.
	Attempts int
	// Idle is how long a connection may move no byte before it is closed; 0 is a minute.
	// A slow connection that moves bytes is never closed.
	Idle time.Duration
	// MaxDelay bounds the pause between two attempts; 0 is 20 seconds.
	MaxDelay time.Duration
	// PartSize is the size of a part, and the size above which an object is uploaded in
	// parts; 0 is 64 MiB on S3 and 16 MiB elsewhere. S3 takes no parts below 5 MiB.
	PartSize int64
}

const (
	defaultAttempts = 8
	defaultIdle     = time.Minute
	defaultMaxDelay = 20 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Attempts == 0 {
		o.Attempts = defaultAttempts
	}
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	if o.MaxDelay == 0 {
		o.MaxDelay = defaultMaxDelay
	}
	return o
}
