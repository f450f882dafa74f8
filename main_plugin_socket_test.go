//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin"
)

// longFolder is a folder for temporary files whose path has so many bytes.
func longFolder(t *testing.T, length int) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "l") //nolint:usetesting // its path would be too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	dir += "/" + strings.Repeat("x", length-len(dir)-1)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A host of go-plugin's own, whose environment has been given a long TMPDIR, and
// one that names a folder for the socket.
func TestAPluginServesWhereTheFolderForItsSocketHasALongPath(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]func(dir string) string{
		"TMPDIR":                 func(dir string) string { return "TMPDIR=" + dir },
		"PLUGIN_UNIX_SOCKET_DIR": func(dir string) string { return goplugin.EnvUnixSocketDir + "=" + dir },
	} {
		for _, length := range []int{92, 93, 120} {
			t.Run(fmt.Sprint(name, " of ", length), func(t *testing.T) {
				t.Parallel()
				dir := longFolder(t, length)
				command := exec.Command(lemexportPath(t))
				command.Env = []string{env(dir), "XDG_CACHE_HOME=" + t.TempDir(), "GORACE=" + withoutPause}
				host := goPluginHost(t, command, nil)
				client, err := host.Client()
				if err != nil {
					t.Fatal(err)
				}
				if err := client.Ping(); err != nil {
					t.Error(err)
				}
				socket := host.ReattachConfig().Addr.(*net.UnixAddr).Name
				within := strings.HasPrefix(socket, dir+"/")
				if within != (length <= 92) {
					t.Errorf("the socket is %s", socket)
				}
				if info, err := os.Stat(filepath.Dir(socket)); err != nil || info.Mode().Perm() != 0o700 {
					t.Errorf("the folder of the socket: %v, %v", info, err)
				}
				host.Kill()
				if _, err := os.Stat(filepath.Dir(socket)); !within && !errors.Is(err, os.ErrNotExist) {
					t.Errorf("the folder of the socket is left behind: %v", err)
				}
			})
		}
	}
}

// The client of this module names a folder that is too long, and the plugin chooses another one.
func TestAClientWhoseFolderHasALongPathConnects(t *testing.T) {
	t.Setenv("TMPDIR", longFolder(t, 70))
	client := startPlugin(t, nil)
	if got, err := client.Describe(t.Context()); err != nil || got.Name != "lemexport" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Where no folder takes a socket, the error names the limit, and the status is not 0.
func TestAPluginWithoutAPlaceForItsSocketSaysWhy(t *testing.T) {
	t.Parallel()
	dir := longFolder(t, 120)
	command := exec.CommandContext(t.Context(), lemexportPath(t))
	command.Env = []string{
		plugin.CookieKey + "=" + plugin.CookieValue, goplugin.EnvUnixSocketDir + "=" + dir, goplugin.EnvUnixSocketGroup + "=0",
		"PLUGIN_PROTOCOL_VERSIONS=1", "GORACE=" + withoutPause,
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	ended, failed := errors.AsType[*exec.ExitError](err)
	if !failed || ended.ExitCode() != int(exporter.ExitError) || stdout.Len() > 0 {
		t.Errorf("ended with %v, and wrote %q", err, &stdout)
	}
	limit := map[bool]int{true: 107, false: 103}[runtime.GOOS == "linux"]
	want := fmt.Sprintf("the path of a socket in %s has 135 bytes, and this system allows %d", dir, limit)
	if got := stderr.String(); !strings.Contains(got, want) || !strings.Contains(got, "Set TMPDIR to a folder with a shorter path") {
		t.Errorf("wrote %q", got)
	}
}
