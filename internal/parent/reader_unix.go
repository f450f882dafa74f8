//go:build !windows

package parent

import (
	"os"

	"golang.org/x/sys/unix"
)

// isBroken asks without waiting. The system reports errors and hang-ups unasked.
func isBroken(pipe *os.File) bool {
	state := []unix.PollFd{{Fd: int32(pipe.Fd())}}
	count, err := unix.Poll(state, 0)
	return err == nil && count > 0 && state[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}
