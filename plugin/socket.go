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

// maxSocketPath is the longest path of a socket on this system, without the zero
// byte at its end.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// maxSocketName is the length of the longest name that go-plugin gives a socket.
const maxSocketName = len("/plugin4294967295")

const socketHint = "Set TMPDIR to a folder with a shorter path, for instance TMPDIR=/tmp, in the environment of the host."

// canListen makes a socket in a folder, as go-plugin will. It fails when the path is
// too long, the folder is missing or not writable, or its file system has no sockets.
func canListen(dir string) error {
	if size := len(dir) + maxSocketName; size > maxSocketPath {
		return fmt.Errorf("the path of a socket in %s has %d bytes, and this system allows %d", dir, size, maxSocketPath)
	}
	file, err := os.CreateTemp(dir, "plugin") //nolint:forbidigo // a socket is made by the process that serves
	if err != nil {
		return err
	}
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil { //nolint:forbidigo // see above
		return err
	}
	listener, err := net.Listen("unix", file.Name()) //nolint:noctx,forbidigo // it does not wait
	if err != nil {
		return err
	}
	return listener.Close()
}

// makeSocketFolder makes a folder for a socket that only this user can enter: in the
// folder for temporary files, or in one with a shorter path. fit checks the folder.
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
	return "", exporter.WithHint(fmt.Errorf("cannot make the plugin's socket in any folder: %w", failed[0]), socketHint)
}

// ErrUnprotected is wrapped by the error of a plugin that other users of the machine
// could call.
var ErrUnprotected = errors.New("refusing to serve where other users could connect")

const unprotectedHint = "Let the host set PLUGIN_CLIENT_CERT (mutual TLS, in go-plugin's AutoMTLS), or PLUGIN_UNIX_SOCKET_DIR to a folder " +
	"that only this user can enter: permission 0700, below folders that no other user can write to. https://github.com/lemexport/lemexport/blob/main/docs/plugin.md says more."

// prepareSocket ensures that go-plugin can make its socket: in the folder that the host
// names, by default the one for temporary files, and otherwise in a private folder
// with a shorter path, which the handshake tells the host. release removes that folder.
//
// Without TLS every user who can write to the socket is served, so that the folder has
// to exclude other users.
func prepareSocket() (release func(), err error) {
	release = func() {}
	fit, hasTLS := canListen, os.Getenv("PLUGIN_CLIENT_CERT") != "" //nolint:forbidigo // go-plugin reads it too
	if runtime.GOOS == "windows" {
		if !hasTLS {
			return nil, exporter.WithHint(fmt.Errorf("%w: the connection has no TLS, and all users of this machine can connect to its ports", ErrUnprotected),
				"Let the host set PLUGIN_CLIENT_CERT (mutual TLS, in go-plugin's AutoMTLS). https://github.com/lemexport/lemexport/blob/main/docs/plugin.md says more.")
		}
		return release, nil
	}
	dir := os.Getenv(goplugin.EnvUnixSocketDir) //nolint:forbidigo // go-plugin reads it too
	if dir == "" {
		dir = os.TempDir() //nolint:forbidigo // as go-plugin does
	}
	if !hasTLS {
		if dir, err = private.CheckFolder(dir); err != nil {
			return nil, exporter.WithHint(fmt.Errorf("%w: the connection has no TLS, and %w", ErrUnprotected, err), unprotectedHint)
		}
		fit = func(dir string) error {
			_, err := private.CheckFolder(dir)
			return errors.Join(canListen(dir), err)
		}
	}
	unfit := canListen(dir)
	if unfit == nil {
		// The name of the folder may lead elsewhere by then: use the folder that was checked.
		return release, os.Setenv(goplugin.EnvUnixSocketDir, dir) //nolint:forbidigo // go-plugin reads it
	}
	if os.Getenv(goplugin.EnvUnixSocketGroup) != "" { //nolint:forbidigo // see above
		return nil, exporter.WithHint(fmt.Errorf("cannot make a socket for the group that the host names: %w", unfit), socketHint)
	}
	if dir, err = makeSocketFolder(fit); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(dir) }, os.Setenv(goplugin.EnvUnixSocketDir, dir) //nolint:forbidigo // see above
}
