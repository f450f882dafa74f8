package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// lockName is the file that a run holds in its destination. The kernel frees
// the lock on it when the process dies, however it dies; the file itself is
// then a leftover that the next run takes over.
const lockName = ".lemexport.lock"

// A run that has just claimed the folder needs a moment to write its name.
const (
	signWait  = 10 * time.Millisecond
	signTries = 50
)

// Lock makes the folder if need be, claims it, removes what crashed runs left in
// it (their temporary files and nothing else) and sees that files can be made.
// A folder is claimed once, also within a process: the exports of one run into
// the same folder would have to share a claim, and today there is one table and
// the configuration refuses the same destination twice.
func (f *Folder) Lock(ctx context.Context, runID string) (func() error, error) {
	if err := f.makeFolder(f.dir); err != nil {
		return nil, explain(err)
	}
	lock, err := f.claim(ctx)
	if err != nil {
		return nil, err
	}
	// Once only: a second removal could hit the lock file of the next run.
	unlock := sync.OnceValue(func() error { return release(lock) })
	if err := errors.Join(sign(lock, runID), f.sweep(), f.probe()); err != nil {
		return nil, errors.Join(explain(err), unlock())
	}
	f.run = runID
	return unlock, nil
}

// claim locks the lock file, or says who holds it.
func (f *Folder) claim(ctx context.Context) (*fileLock, error) {
	path := f.path(lockName)
	for unsigned := 0; ctx.Err() == nil; {
		lock, err := tryLock(path)
		if err != nil {
			return nil, explain(err)
		}
		if lock != nil {
			return lock, nil
		}
		// A file that is not there has just been let go.
		by, err := readHolder(path)
		switch {
		case err == nil:
			return nil, busyError{f.dir, by}.hinted()
		case unsigned == signTries:
			return nil, busyError{dir: f.dir}.hinted()
		}
		unsigned++
		select {
		case <-ctx.Done():
		case <-time.After(signWait):
		}
	}
	return nil, ctx.Err()
}

// tryLock gives nil when another run holds the lock: see [lockFile].
func tryLock(path string) (*fileLock, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, mustBeFile("lock", path, info) // nor a link: what it points to would be overwritten
	case !private.Owned(info):
		return nil, exporter.WithHint(fmt.Errorf("%s belongs to another user: %w", path, private.ErrNotPrivate),
			"A run of that user holds the folder, or has left the file. Wait until that run ends; when there is none, remove the file.")
	}
	return lockFile(path, os.O_CREATE)
}

// probe finds out that no file can be made before the work of a run is done. The
// lock file does not tell: it may be a leftover in a folder that was closed since.
func (f *Folder) probe() error {
	file, err := private.Open(f.path(temporaryName("write.probe")), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// sweep removes the temporary files of crashed runs.
func (f *Folder) sweep() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !temporary.MatchString(entry.Name()) || !entry.Type().IsRegular() {
			continue
		}
		if err := os.Remove(f.path(entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// busyError is the error of a folder that another run holds.
type busyError struct {
	dir string
	by  holder
}

// Error names the other run, when it has signed already.
func (b busyError) Error() string {
	if b.by.RunID == "" {
		return fmt.Sprintf("%s: %v", b.dir, exporter.ErrBusy)
	}
	return fmt.Sprintf("%s: %v: run %s (process %d on %s, since %s)", b.dir, exporter.ErrBusy,
		b.by.RunID, b.by.PID, b.by.Host, b.by.Started.Format(time.RFC3339))
}

// Unwrap makes it an [exporter.ErrBusy].
func (b busyError) Unwrap() error { return exporter.ErrBusy }

func (b busyError) hinted() error {
	return exporter.WithHint(b, "Wait until it ends, or stop it, then try again.")
}
