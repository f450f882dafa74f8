package store

import "time"

// Options are how a destination in object storage is talked to. The zero value
// is what the product uses.
type Options struct {
	// TempDir is where an export is finished before it is uploaded, and where a
	// remote file that is read keeps what has arrived; "" is the system's folder.
	TempDir string
	// Attempts is how often a request is made before it has failed; 0 is 8.
	Attempts int
	// Idle is how long a connection may move no byte before it is given up; 0 is a
	// minute. A slow connection that moves is never given up.
	Idle time.Duration
	// MaxDelay bounds the pause between two attempts; 0 is 20 seconds.
	MaxDelay time.Duration
	// PartSize is the size above which an object is uploaded in parts, and that of
	// a part; 0 is 64 MiB on S3 and 16 MiB elsewhere. S3 takes no parts below 5 MiB.
	PartSize int64
}

const (
	defaultAttempts = 8
	defaultIdle     = time.Minute
	defaultMaxDelay = 20 * time.Second
)

func (o Options) orDefaults() Options {
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

func (o Options) partSize(usual int64) int64 {
	if o.PartSize == 0 {
		return usual
	}
	return o.PartSize
}
