//go:build unix

package folder

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// mayWrite fails when this user cannot make files in a folder.
func mayWrite(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return &fs.PathError{Op: "write", Path: dir, Err: err}
	}
	return nil
}
