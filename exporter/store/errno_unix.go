//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

func isNotFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

func isTooLong(err error) bool { return errors.Is(err, syscall.ENAMETOOLONG) }

// syncFolder makes a rename durable.
func syncFolder(dir string) error {
	folder, err := os.Open(dir) //nolint:gosec // the destination
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
