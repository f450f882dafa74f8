//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin"
)

// socketVariable makes TestAnotherUserCalls the call of another user.
const socketVariable = "LEMEXPORT_TEST_SOCKET"

// serving starts the plugin as a host that is written by hand does, and returns the parts
// of the handshake line, which are empty when there is none.
func serving(t *testing.T, env ...string) (command *exec.Cmd, handshake [7]string, stderr *bytes.Buffer) {
	t.Helper()
	command = exec.CommandContext(t.Context(), lemexportPath(t))
	command.Env = append([]string{
		plugin.CookieKey + "=" + plugin.CookieValue, "PLUGIN_PROTOCOL_VERSIONS=1", "XDG_CACHE_HOME=" + t.TempDir(), "GORACE=" + withoutPause,
	}, env...)
	stderr = new(bytes.Buffer)
	command.Stderr = stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if lines.Scan() {
		copy(handshake[:], strings.Split(lines.Text(), "|"))
	}
	return command, handshake, stderr
}

// folderOf makes folders below /tmp, which anybody may pass, with these permissions.
func folderOf(t *testing.T, modes ...os.FileMode) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "s") //nolint:usetesting // a test's own folder is closed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, mode := range modes {
		dir = filepath.Join(dir, fmt.Sprint(i))
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Which folders are private is tested in internal/private.
func TestAPluginWithoutTLSServesInAPrivateFolderOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		dir  func(t *testing.T) string
		want string // of the refusal; "" is none
	}{
		"private": {func(t *testing.T) string { return folderOf(t, 0o700) }, ""},
		"behind a link": {func(t *testing.T) string {
			link := filepath.Join(folderOf(t, 0o755), "link")
			if err := os.Symlink(filepath.Dir(folderOf(t, 0o700)), link); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(link, "0")
		}, ""},
		"open": {func(t *testing.T) string { return folderOf(t, 0o755) }, "lets other users in"},
	} {
		for _, variable := range []string{plugin.SocketDirVariable, "TMPDIR"} {
			t.Run(variable+" is "+name, func(t *testing.T) {
				t.Parallel()
				dir := test.dir(t)
				command, handshake, stderr := serving(t, variable+"="+dir)
				address := handshake[3]
				if test.want == "" {
					defer func() { _ = command.Wait() }()
					defer func() { _ = command.Process.Kill() }()
					whole, _ := filepath.EvalSymlinks(dir) // which nobody leads elsewhere any more
					info, err := os.Lstat(address)
					if err != nil || info.Mode().Perm()&0o077 != 0 || filepath.Dir(address) != whole {
						t.Errorf("the socket is %s: %v, %v; stderr %s", address, info, err, stderr)
					}
					if connection, err := net.Dial("unix", address); err != nil {
						t.Error(err)
					} else {
						_ = connection.Close()
					}
					return
				}
				if address != "" {
					_ = command.Process.Kill() // it would serve until the end of the test
				}
				err := command.Wait()
				ended, failed := errors.AsType[*exec.ExitError](err)
				if !failed || ended.ExitCode() != int(exporter.ExitError) || address != "" {
					t.Errorf("ended with %v, and serves at %q", err, address)
				}
				for _, want := range []string{test.want, filepath.Dir(filepath.Clean(dir)), plugin.ErrUnprotected.Error(), "PLUGIN_CLIENT_CERT", plugin.SocketDirVariable} {
					if !strings.Contains(stderr.String(), want) {
						t.Errorf("%q is not in %s", want, stderr)
					}
				}
			})
		}
	}
}

// TestAnotherUserCalls tries to reach a plugin's socket. It does nothing unless it is
// started for that.
func TestAnotherUserCalls(t *testing.T) {
	address, asked := os.LookupEnv(socketVariable)
	if !asked {
		return
	}
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(65534), syscall.Setuid(65534)); err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("unix", address)
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	_ = connection.Close()
	fmt.Println("served")
}

// A socket is closed to others by its own permission as well, from the moment that it
// is made: also with TLS, in a folder that anybody may enter.
func TestNoOtherUserConnectsToAPlugin(t *testing.T) {
	t.Parallel()
	_, certificate := newCertificate(t)
	for name, env := range map[string][]string{
		"without TLS": {plugin.SocketDirVariable + "=" + folderOf(t, 0o700)},
		"with TLS":    {plugin.SocketDirVariable + "=" + folderOf(t, 0o755), "PLUGIN_CLIENT_CERT=" + certificate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, handshake, stderr := serving(t, env...)
			address := handshake[3]
			defer func() { _ = command.Wait() }()
			defer func() { _ = command.Process.Kill() }()
			info, err := os.Lstat(address)
			if err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Fatalf("the socket is %s: %v, %v; stderr %s", address, info, err, stderr)
			}
			if os.Geteuid() != 0 {
				return // nobody else can be played
			}
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			other := exec.CommandContext(t.Context(), self, "-test.run=^TestAnotherUserCalls$")
			other.Env = append(os.Environ(), socketVariable+"="+address)
			said, _ := other.CombinedOutput() // the other user cannot clean up after the test
			if !strings.Contains(string(said), "refused: ") {
				t.Errorf("another user: %s", said)
			}
		})
	}
}

// A group that the host names can connect, and nobody else.
func TestASocketBelongsToTheGroupThatTheHostNames(t *testing.T) {
	t.Parallel()
	_, certificate := newCertificate(t)
	group := os.Getegid()
	if os.Geteuid() == 0 {
		group = 65534
	}
	command, handshake, stderr := serving(t, plugin.SocketDirVariable+"="+folderOf(t, 0o755), "PLUGIN_CLIENT_CERT="+certificate,
		fmt.Sprint(goplugin.EnvUnixSocketGroup, "=", group))
	defer func() { _ = command.Wait() }()
	defer func() { _ = command.Process.Kill() }()
	info, err := os.Lstat(handshake[3])
	if err != nil {
		t.Fatalf("%v; stderr %s", err, stderr)
	}
	if got := int(info.Sys().(*syscall.Stat_t).Gid); got != group || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket has the group %d and the permission %v", got, info.Mode())
	}
}
