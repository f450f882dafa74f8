//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// holderOffset is where the lock file's text begins.
const holderOffset = 0

// tryLockFile locks a file, unless it is locked already.
func tryLockFile(file *os.File) (bool, error) {
	for {
		switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return err == nil, err
		}
	}
}

func unlockFile(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }

// release removes the lock file, then frees the lock: whoever gets the lock on
// the removed file finds that it is gone. A file that someone else has put there
// since is not ours to remove.
func release(lock *fileLock) error {
	var removed error
	if lock.current() {
		removed = os.Remove(lock.file.Name())
	}
	return errors.Join(removed, lock.close())
}
