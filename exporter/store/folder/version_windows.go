package folder

import (
	"io/fs"
	"syscall"
)

// fileNumber is the creation time, in steps of 100 ns.
func fileNumber(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		return uint64(stat.CreationTime.Nanoseconds()) //nolint:gosec // only compared
	}
	return 0
}
