package plugin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/lemexport/lemexport/exporter"
)

// longestSocket is the longest path of a socket that the system takes, less the
// zero byte at its end.
const longestSocket = len(syscall.RawSockaddrUnix{}.Path) - 1

// longestName is as long as the longest name that go-plugin gives a socket.
const longestName = len("/plugin4294967295")

const socketHint = "Set TMPDIR to a folder with a shorter path, for instance TMPDIR=/tmp, in the environment of the host."

// canListen tries a folder out as go-plugin will use it: its path may be too
// long, it may be closed or gone, and not every file system has sockets.
func canListen(dir string) error {
	if size := len(dir) + longestName; size > longestSocket {
		return fmt.Errorf("the path of a socket in %s has %d bytes, and this system allows %d", dir, size, longestSocket)
	}
	file, err := os.CreateTemp(dir, "plugin") //nolint:forbidigo // a socket is made by the process that serves
	if err != nil {
		return err
	}
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil { //nolint:forbidigo // see above
		return err
	}
	listener, err := net.Listen("unix", file.Name()) //nolint:noctx,forbidigo // it waits for nothing
	if err != nil {
		return err
	}
	return listener.Close()
}

// makeSocketFolder makes a folder for a socket that only this user can enter: in
// the folder for temporary files, or in one with a shorter path.
func makeSocketFolder() (dir string, err error) {
	var failed []error
	for _, parent := range []string{"", os.Getenv("XDG_RUNTIME_DIR"), "/tmp"} { //nolint:forbidigo // a library that starts processes
		if parent == "" && len(failed) > 0 {
			continue // no such variable
		}
		dir, err := os.MkdirTemp(parent, "lemexport-plugin-") //nolint:forbidigo // see above
		if err == nil {
			if err = canListen(dir); err == nil || runtime.GOOS == "windows" { // where go-plugin uses ports
				return dir, nil
			}
			err = errors.Join(err, os.Remove(dir)) //nolint:forbidigo // see above
		}
		failed = append(failed, err)
	}
	return "", exporter.WithHint(fmt.Errorf("no folder can hold the plugin's socket: %w", failed[0]), socketHint)
}

// settleSocket makes sure that go-plugin can make its socket where it will: in
// the host's folder, else in the one for temporary files. Where it cannot, a
// private folder with a shorter path takes its place, which the host need not
// know: the handshake tells it the path. release removes that folder.
func settleSocket() (release func(), err error) {
	release = func() {}
	if runtime.GOOS == "windows" {
		return release, nil
	}
	dir := os.Getenv(goplugin.EnvUnixSocketDir) //nolint:forbidigo // go-plugin reads it too
	if dir == "" {
		dir = os.TempDir() //nolint:forbidigo // as go-plugin does
	}
	unfit := canListen(dir)
	if unfit == nil {
		return release, nil
	}
	if os.Getenv(goplugin.EnvUnixSocketGroup) != "" { //nolint:forbidigo // see above
		return nil, exporter.WithHint(fmt.Errorf("no socket can be made for the group that the host names: %w", unfit), socketHint)
	}
	if dir, err = makeSocketFolder(); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(dir) }, os.Setenv(goplugin.EnvUnixSocketDir, dir) //nolint:forbidigo // see above
}
