package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
)

// lockName is the file that a run locks in its destination. The kernel frees the lock when
// the process dies, however it dies; the next run takes over the file that stays.
const lockName = ".lemexport.lock"

// A run that has just locked the folder needs a moment to write its lock info.
const (
	infoWait  = 10 * time.Millisecond
	infoTries = 50
)

// waitForLock locks the lock file of a folder. Its error names the run that holds the
// lock; waitForLock waits for that run's lock info only.
func waitForLock(ctx context.Context, dir string) (*disk.FileLock, error) {
	path := filepath.Join(dir, lockName)
	for tries := 0; ctx.Err() == nil; {
		lock, err := tryLock(path)
		if err != nil {
			return nil, disk.ExplainWrite(err)
		}
		if lock != nil {
			return lock, nil
		}
		// Without a file, the other run has just freed its lock.
		by, err := readLockInfo(path)
		switch {
		case err == nil:
			return nil, busyError{dir, by}.withHint()
		case tries == infoTries:
			return nil, busyError{dir: dir}.withHint()
		}
		tries++
		select {
		case <-ctx.Done():
		case <-time.After(infoWait):
		}
	}
	return nil, ctx.Err()
}

// tryLock locks a lock file. The lock is nil when another run holds it: see [disk.Lock].
func tryLock(path string) (*disk.FileLock, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, checkRegular("lock", path, info) // nor a link: the file it points to would be overwritten
	case !private.Owned(info):
		return nil, exporter.WithHint(fmt.Errorf("%s belongs to another user: %w", path, private.ErrNotPrivate),
			"A run of that user holds the lock of the folder, or has left the file. Wait until that run ends; when there is none, remove the file.")
	}
	return disk.Lock(path, os.O_CREATE)
}

// checkWritable makes a file and removes it, before the work of a run is done. The lock
// file does not show it: it may be older than the folder's permission.
func checkWritable(dir string) error {
	file, err := createTemporary(dir, "write.probe")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// busyError is the error of a folder that another run has locked.
type busyError struct {
	dir string
	by  lockInfo
}

// Error names the other run when its lock info is known.
func (b busyError) Error() string {
	if b.by.RunID == "" {
		return fmt.Sprintf("%s: %v", b.dir, exporter.ErrBusy)
	}
	return fmt.Sprintf("%s: %v: run %s (process %d on %s, since %s)", b.dir, exporter.ErrBusy,
		b.by.RunID, b.by.PID, b.by.Host, b.by.Started.Format(time.RFC3339))
}

// Unwrap makes it an [exporter.ErrBusy].
func (b busyError) Unwrap() error { return exporter.ErrBusy }

func (b busyError) withHint() error {
	return exporter.WithHint(b, "Wait until it ends, or stop it, then try again.")
}
