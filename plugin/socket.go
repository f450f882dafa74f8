package plugin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"syscall"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// ErrUnprotected is wrapped by the error of a plugin that other users of the machine
// could call.
var ErrUnprotected = errors.New("refusing to serve where other users could connect")

const (
	document = "https://github.com/lemexport/lemexport/blob/main/docs/plugin.md says more."

	unprotectedHint = "Let the host set " + clientCertVariable + " (mutual TLS, in go-plugin's AutoMTLS), or " + SocketDirVariable + " to a folder " +
		"that only this user can enter: permission 0700, below folders that no other user can write to. " + document
	unprotectedPortHint = "Let the host set " + clientCertVariable + " (mutual TLS, in go-plugin's AutoMTLS). " + document

	socketHint = "Set TMPDIR to a folder with a shorter path, for instance TMPDIR=/tmp, in the environment of the host."
)

// listen opens the socket of the plugin: a Unix socket, or a port of this machine on
// Windows, as go-plugin's client expects it. Without TLS, everyone who can connect is
// served, so that no other user may be able to.
func listen(ctx context.Context, env func(name string) string, hasTLS bool) (net.Listener, error) {
	if runtime.GOOS == "windows" {
		if !hasTLS {
			return nil, exporter.WithHint(fmt.Errorf("%w: the connection has no TLS, and all users of this machine can connect to its ports", ErrUnprotected), unprotectedPortHint)
		}
		return listenOnPort(ctx, env(leastPortVariable), env(mostPortVariable))
	}
	check := func(dir string) (string, error) { return dir, nil }
	if !hasTLS {
		check = private.CheckFolder
	}
	dir := env(SocketDirVariable)
	if dir == "" {
		dir = os.TempDir()
	}
	dir, err := check(dir)
	if err != nil {
		return nil, exporter.WithHint(fmt.Errorf("%w: the connection has no TLS, and %w", ErrUnprotected, err), unprotectedHint)
	}
	listener, err := listenIn(ctx, dir)
	group := env(socketGroupVariable)
	switch {
	case err == nil && group == "":
		return listener, nil
	case err == nil:
		if err := giveToGroup(listener.Addr().String(), group); err != nil {
			_ = listener.Close()
			return nil, exporter.WithHint(fmt.Errorf("give the socket to the group %q: %w", group, err),
				"Let the host set "+socketGroupVariable+" to a group of this user.")
		}
		return listener, nil
	case group != "":
		return nil, exporter.WithHint(fmt.Errorf("cannot make a socket for the group that the host names: %w", err), socketHint)
	}
	return listenInPrivateFolder(ctx, []string{os.TempDir(), env("XDG_RUNTIME_DIR"), "/tmp"}, check)
}

// maxSocketPath is the longest path of a socket on this system, without the zero
// byte at its end.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// listenIn makes a socket in a folder. It fails when the path is too long, the folder is
// missing or not writable, or its file system has no sockets.
func listenIn(ctx context.Context, dir string) (net.Listener, error) {
	path := dir + "/plugin" + rand.Text()[:8]
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("the path of a socket in %s has %d bytes, and this system allows %d", dir, len(path), maxSocketPath)
	}
	return new(net.ListenConfig).Listen(ctx, "unix", path)
}

// giveToGroup lets the members of a group, by its number or name, connect to a socket.
func giveToGroup(path, group string) error {
	id, err := strconv.Atoi(group)
	if err != nil {
		found, err := user.LookupGroup(group)
		if err != nil {
			return err
		}
		if id, err = strconv.Atoi(found.Gid); err != nil {
			return err
		}
	}
	if err := os.Chown(path, -1, id); err != nil {
		return err
	}
	return os.Chmod(path, 0o660) //nolint:gosec // the host asked for that group
}

// listenInPrivateFolder makes a socket in a new folder that only this user can enter,
// below the first parent that allows it. The listener removes the folder.
func listenInPrivateFolder(ctx context.Context, parents []string, check func(dir string) (string, error)) (net.Listener, error) {
	var first error
	for _, parent := range parents {
		if parent == "" {
			continue // no such variable
		}
		listener, err := listenInNewFolder(ctx, parent, check)
		if err == nil {
			return listener, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, exporter.WithHint(fmt.Errorf("cannot make the plugin's socket in any folder: %w", first), socketHint)
}

func listenInNewFolder(ctx context.Context, parent string, check func(dir string) (string, error)) (net.Listener, error) {
	folder, err := os.MkdirTemp(parent, "lemexport-plugin-")
	if err != nil {
		return nil, err
	}
	dir, err := check(folder)
	if err != nil {
		return nil, errors.Join(err, os.Remove(folder))
	}
	listener, err := listenIn(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.Remove(folder))
	}
	return folderListener{Listener: listener, folder: folder}, nil
}

// folderListener is a socket with a folder for it alone.
type folderListener struct {
	net.Listener
	folder string
}

// Close implements net.Listener. It removes the folder.
func (l folderListener) Close() error {
	return errors.Join(l.Listener.Close(), os.Remove(l.folder))
}
