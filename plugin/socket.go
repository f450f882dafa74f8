package plugin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
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
// the folder for temporary files, or in one with a shorter path. fit looks at it.
func makeSocketFolder(fit func(dir string) error) (dir string, err error) {
	var failed []error
	for _, parent := range []string{"", os.Getenv("XDG_RUNTIME_DIR"), "/tmp"} { //nolint:forbidigo // a library that starts processes
		if parent == "" && len(failed) > 0 {
			continue // no such variable
		}
		dir, err := os.MkdirTemp(parent, "lemexport-plugin-") //nolint:forbidigo // see above
		if err == nil {
			dir, err = filepath.EvalSymlinks(dir) // as CheckFolder sees it
		}
		if err == nil {
			if err = fit(dir); err == nil || runtime.GOOS == "windows" { // where go-plugin uses ports
				return dir, nil
			}
			err = errors.Join(err, os.Remove(dir)) //nolint:forbidigo // see above
		}
		failed = append(failed, err)
	}
	return "", exporter.WithHint(fmt.Errorf("no folder can hold the plugin's socket: %w", failed[0]), socketHint)
}

// ErrUnprotected is wrapped by the error of a plugin that other users of the machine
// could call.
var ErrUnprotected = errors.New("the plugin does not serve where other users could call it")

const unprotectedHint = "Let the host set PLUGIN_CLIENT_CERT (mutual TLS, in go-plugin's AutoMTLS), or PLUGIN_UNIX_SOCKET_DIR to a folder " +
	"that only this user can enter: permission 0700, below folders that no other user can write to. docs/hosts.md says more."

// settleSocket makes sure that go-plugin can make its socket where it will: in
// the host's folder, else in the one for temporary files. Where it cannot, a
// private folder with a shorter path takes its place, which the host need not
// know: the handshake tells it the path. release removes that folder.
//
// Without TLS, whoever can write to the socket is served. Then the folder has to keep
// the other users away.
func settleSocket() (release func(), err error) {
	release = func() {}
	fit, hasTLS := canListen, os.Getenv("PLUGIN_CLIENT_CERT") != "" //nolint:forbidigo // go-plugin reads it too
	if runtime.GOOS == "windows" {
		if !hasTLS {
			return nil, exporter.WithHint(fmt.Errorf("%w: there is no TLS, and a port of this machine is open to all its users", ErrUnprotected),
				"Let the host set PLUGIN_CLIENT_CERT (mutual TLS, in go-plugin's AutoMTLS). docs/hosts.md says more.")
		}
		return release, nil
	}
	dir := os.Getenv(goplugin.EnvUnixSocketDir) //nolint:forbidigo // go-plugin reads it too
	if dir == "" {
		dir = os.TempDir() //nolint:forbidigo // as go-plugin does
	}
	if !hasTLS {
		if dir, err = private.CheckFolder(dir); err != nil {
			return nil, exporter.WithHint(fmt.Errorf("%w: there is no TLS, and %w", ErrUnprotected, err), unprotectedHint)
		}
		fit = func(dir string) error {
			_, err := private.CheckFolder(dir)
			return errors.Join(canListen(dir), err)
		}
	}
	unfit := canListen(dir)
	if unfit == nil {
		// The socket is made in the folder that was looked at, whatever its name leads to by then.
		return release, os.Setenv(goplugin.EnvUnixSocketDir, dir) //nolint:forbidigo // go-plugin reads it
	}
	if os.Getenv(goplugin.EnvUnixSocketGroup) != "" { //nolint:forbidigo // see above
		return nil, exporter.WithHint(fmt.Errorf("no socket can be made for the group that the host names: %w", unfit), socketHint)
	}
	if dir, err = makeSocketFolder(fit); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(dir) }, os.Setenv(goplugin.EnvUnixSocketDir, dir) //nolint:forbidigo // see above
}
