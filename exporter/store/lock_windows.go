package store

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// holderOffset is where the lock file's text begins: after the first byte, which
// is the one that is locked, and that no other handle may read or write.
const holderOffset = 1

// tryLockFile locks the first byte of a file, unless it is locked already.
func tryLockFile(file *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

func unlockFile(file *os.File) error {
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, new(windows.Overlapped))
}

// release frees the lock, then removes the lock file: an open file cannot be
// removed here, so one that the next run has opened stays.
func release(lock *fileLock) error {
	if err := lock.close(); err != nil {
		return err
	}
	err := os.Remove(lock.file.Name())
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
