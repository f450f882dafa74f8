//go:build unix

package plugin

import "syscall"

// closeUmask makes sockets and files of this process private where nothing else says
// what they are, from their first moment. It holds for the whole process, until restore.
func closeUmask() (restore func()) {
	old := syscall.Umask(0o077)
	return func() { syscall.Umask(old) }
}
