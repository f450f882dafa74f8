//go:build unix

package private

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const hasPermissions = true

// noFollow makes opening a symbolic link an error, and does not wait for the other end
// of a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// isLink reports whether a path was not opened since it is a link. FreeBSD says EMLINK.
func isLink(err error) bool { return errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK) }

// Owned reports whether a file belongs to the user of this process.
func Owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(os.Geteuid())
}

// OwnedByRoot reports whether a file belongs to the administrator.
func OwnedByRoot(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == 0
}

// SameOwner reports whether two files belong to the same user.
func SameOwner(a, b fs.FileInfo) bool {
	one, ok := a.Sys().(*syscall.Stat_t)
	other, known := b.Sys().(*syscall.Stat_t)
	return ok && known && one.Uid == other.Uid
}

// links is the number of names of a file.
func links(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink) //nolint:unconvert // narrower on some systems
	}
	return 1
}

// keepGroup gives a file the group of another one, and reports whether it has it now.
func keepGroup(file *os.File, of fs.FileInfo) bool {
	made, err := file.Stat()
	if err != nil {
		return false
	}
	now, ok := made.Sys().(*syscall.Stat_t)
	want, known := of.Sys().(*syscall.Stat_t)
	return ok && known && (now.Gid == want.Gid || file.Chown(-1, int(want.Gid)) == nil)
}
