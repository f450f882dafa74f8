//go:build unix

package disk

import (
	"errors"
	"os"
	"syscall"
)

// textOffset is where the text of a lock file begins.
const textOffset = 0

// TryLock locks an open file. It reports false when another process holds the lock.
func TryLock(file *os.File) (bool, error) {
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

// Remove removes the lock file, then frees the lock: a process that gets the lock on the
// removed file finds that the file is gone. It leaves a file that another process has
// since put there.
func (l *FileLock) Remove() error {
	var removed error
	if l.Current() {
		removed = os.Remove(l.Path())
	}
	return errors.Join(removed, l.Close())
}
