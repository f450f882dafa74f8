//go:build unix

package store

import (
	"io/fs"
	"syscall"
)

// fileNumber is the inode: a new file beside the old one never has the same.
func fileNumber(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}
