package disk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// textOffset is where the text of a lock file begins: after the first byte, which is
// locked, and which no other handle may read or write.
const textOffset = 1

// TryLock locks the first byte of an open file. It reports false when another process
// holds the lock.
func TryLock(file *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// Remove frees the lock, then removes the lock file: Windows does not remove a file that
// is open, so a file that the next run has opened stays.
func (l *FileLock) Remove() error {
	if err := l.Close(); err != nil {
		return err
	}
	err := os.Remove(l.Path())
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
