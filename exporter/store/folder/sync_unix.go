//go:build unix

package folder

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes a rename durable. Some network file systems cannot sync a folder and do
// not need to.
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
