//go:build darwin || freebsd || linux

package scratch

import "golang.org/x/sys/unix"

// freeSpace is how many bytes an ordinary user can write to the file system of a folder.
func freeSpace(dir string) (bytes uint64, err error) {
	var found unix.Statfs_t
	if err := unix.Statfs(dir, &found); err != nil {
		return 0, err
	}
	return uint64(found.Bavail) * uint64(found.Bsize), nil //nolint:unconvert // signed on some systems, never negative
}
