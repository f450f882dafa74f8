//go:build unix

package folder

import (
	"io/fs"
	"syscall"
)

// fileNumber is the inode: a new file never has that of the old file beside it.
func fileNumber(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}
