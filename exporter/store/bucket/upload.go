package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// CleanupTime bounds the requests that have to be made although the context has ended.
const CleanupTime = 15 * time.Second

// upload is a new version of an object, in a local file until Commit.
type upload struct {
	client  Client
	explain explainer
	key     string
	run     string
	over    exporter.Version
	file    exporter.ScratchFile
	size    int64
	done    bool
}

// Write appends to the new version.
func (u *upload) Write(p []byte) (int, error) {
	n, err := u.file.Write(p)
	u.size += int64(n)
	return n, err
}

// Commit uploads the file as one object, on condition that the version it replaces is
// still there.
func (u *upload) Commit(ctx context.Context) error {
	if u.done {
		return errors.New("commit: the upload has ended")
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, u.Abort())
	}
	id := rand.Text()
	metadata := map[string]string{uploadKey: id}
	if u.run != "" {
		metadata[runKey] = u.run
	}
	err := u.client.Put(ctx, Put{Key: u.key, Body: io.NewSectionReader(u.file, 0, u.size), Metadata: metadata, Over: u.over})
	if err != nil {
		err = u.checkResult(ctx, err, id)
	}
	return errors.Join(err, u.Abort())
}

// checkResult finds out what a failed upload has done. The response to a successful one
// can be lost; the server then refuses the second attempt because of the first.
func (u *upload) checkResult(ctx context.Context, failed error, id string) error {
	later, cancel := context.WithTimeout(context.WithoutCancel(ctx), CleanupTime)
	defer cancel()
	there, err := u.client.Head(later, u.key)
	gone := err != nil && u.explain.missing(err)
	switch {
	case err == nil && there.Metadata[uploadKey] == id:
		return nil
	case err == nil && there.Version != u.over, gone && u.over != "", u.explain.refused(failed, u.over):
		var conflict exporter.ConflictError
		if err == nil {
			conflict.RunID = there.Metadata[runKey]
		}
		return exporter.WithHint(conflict, "The destination holds what the other run wrote. Plan again.")
	case err != nil && !gone:
		return exporter.WithHint(fmt.Errorf("it is not known whether the new version is in place: %w", u.explain.any(failed)),
			"It is in place as a whole or not at all: lemexport verify shows which. Then run it again.")
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return u.explain.write(failed)
}

// Abort frees the local file. After Commit it does nothing.
func (u *upload) Abort() error {
	if u.done {
		return nil
	}
	u.done = true
	return u.file.Close()
}
