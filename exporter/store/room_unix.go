//go:build darwin || freebsd || linux

package store

import "golang.org/x/sys/unix"

// roomIn is what an ordinary user may still write to the file system of a folder.
func roomIn(dir string) (bytes uint64, err error) {
	var found unix.Statfs_t
	if err := unix.Statfs(dir, &found); err != nil {
		return 0, err
	}
	return uint64(found.Bavail) * uint64(found.Bsize), nil //nolint:unconvert // signed on some systems, never negative
}
