package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/gcerrors"

	"github.com/lemexport/lemexport/exporter"
)

// bucketUpload is a new version of an object, in a local file until Commit.
type bucketUpload struct {
	bucket *Bucket
	cloud  *cloud
	name   string
	over   exporter.Version
	file   *scratchFile
	size   int64
	done   bool
}

// Write appends to the new version.
func (u *bucketUpload) Write(p []byte) (int, error) {
	n, err := u.file.Write(p)
	u.size += int64(n)
	return n, err
}

// Commit uploads the file as one object, on condition that the version it
// replaces is still there.
func (u *bucketUpload) Commit(ctx context.Context) error {
	if u.done {
		return errors.New("commit: the upload has ended")
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, u.Abort())
	}
	token := rand.Text()
	metadata := map[string]string{uploadKey: token}
	if u.bucket.run != "" {
		metadata[runKey] = u.bucket.run
	}
	err := u.cloud.put(ctx, u.bucket.key(u.name), io.NewSectionReader(u.file, 0, u.size), metadata, u.over)
	if err != nil {
		err = u.settle(ctx, err, token)
	}
	return errors.Join(err, u.Abort())
}

// settle finds out what an upload that failed has done. The answer to one that
// succeeded can get lost on the way; a second attempt is then refused, because
// of the first.
func (u *bucketUpload) settle(ctx context.Context, failed error, token string) error {
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	there, err := u.cloud.bucket.Attributes(fresh, u.bucket.key(u.name))
	gone := gcerrors.Code(err) == gcerrors.NotFound
	switch {
	case err == nil && there.Metadata[uploadKey] == token:
		return nil
	case err == nil && u.cloud.version(there) != u.over, gone && u.over != "", refused(failed, u.over):
		var conflict exporter.ConflictError
		if err == nil {
			conflict.RunID = there.Metadata[runKey]
		}
		return exporter.WithHint(conflict, "The destination holds what the other run wrote. Plan again.")
	case err != nil && !gone:
		return exporter.WithHint(fmt.Errorf("whether the new version is in place is not known: %w", u.bucket.explain(failed)),
			"It is there as a whole or not at all: lemexport verify says which. Then run it again.")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return u.bucket.explainWrite(failed)
}

// Abort frees the local file. After Commit it does nothing.
func (u *bucketUpload) Abort() error {
	if u.done {
		return nil
	}
	u.done = true
	return u.file.Close()
}
