//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func isTooLarge(err error) bool { return errors.Is(err, syscall.EFBIG) }

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

func isNotFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

func isTooLong(err error) bool { return errors.Is(err, syscall.ENAMETOOLONG) }

// isUnlockable is about file systems that have no locks.
func isUnlockable(err error) bool {
	return errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported)
}

// syncFolder makes a rename durable. Some network file systems cannot sync a
// folder and do not need to.
func syncFolder(dir string) error {
	folder, err := os.Open(dir) //nolint:gosec // the destination
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}
