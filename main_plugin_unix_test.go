//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lemexport/lemexport/plugin"
	"github.com/lemexport/lemexport/plugin/client"
)

// A host of its own, for the test that kills it.
const hostVariable = "LEMEXPORT_TEST_HOST"

// TestHostToBeKilled starts a plugin, reads a little, tells the plugin's process
// id, and waits to be killed. It does nothing unless it is started for that.
func TestHostToBeKilled(t *testing.T) {
	endpoint, asked := os.LookupEnv(hostVariable)
	if !asked {
		return
	}
	lemexport, err := client.Start(t.Context(), client.StartOptions{Path: lemexportPath(t)})
	if err != nil {
		t.Fatal(err)
	}
	reading := lemexport.Read(client.ReadRequest{Config: jsonConfig(t, endpoint, ""), Table: "inbox_conversations"})
	err = drain(t.Context(), reading, func() { fmt.Println("plugin", lemexport.PID()) })
	t.Fatalf("the reading ended: %v", err)
}

func TestAPluginDoesNotOutliveItsHost(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 900, beforeTheWalk+2)
	scratch := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	host := exec.CommandContext(t.Context(), self, "-test.run=^TestHostToBeKilled$")
	host.Env = append(os.Environ(), hostVariable+"="+api.url, "TMPDIR="+scratch, "XDG_CACHE_HOME="+t.TempDir())
	var stderr lockedBuffer
	host.Stderr = &stderr
	stdout, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(stdout, "plugin %d\n", &pid); err != nil {
		_ = host.Process.Kill()
		t.Fatal(err, stderr.String())
	}
	sockets := filepath.Join(scratch, "lemexport-plugin-*")
	if found, err := filepath.Glob(sockets); err != nil || len(found) != 1 {
		t.Errorf("the socket's folder is %v, %v", found, err)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = host.Wait() // it was killed
	for alive(pid) {
		if time.Since(killed) > 10*time.Second {
			t.Fatalf("process %d runs on", pid)
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Logf("gone after %v", time.Since(killed))
	if took := time.Since(killed); took > 2*time.Second {
		t.Errorf("the plugin went after %v", took)
	}
	if found, err := filepath.Glob(sockets); err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
}

// alive reports whether a process runs. One that nobody has waited for does not.
func alive(pid int) bool {
	if stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil {
		_, rest, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
	}
	return syscall.Kill(pid, 0) == nil
}

func TestASignalStopsWhatAPluginDoes(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run("during a Read: "+signal.String(), func(t *testing.T) {
			t.Parallel()
			api := newStoppingAPI(t, 900, beforeTheWalk+2)
			lemexport := startPlugin(t, nil)
			reading := lemexport.Read(client.ReadRequest{Config: jsonConfig(t, api.url, ""), Table: "inbox_conversations", StateDir: t.TempDir()})
			err := drain(t.Context(), reading, func() { _ = syscall.Kill(lemexport.PID(), signal) })
			if !errors.Is(err, client.ErrStopped) || reading.Result().Proof == nil {
				t.Errorf("ended with %v, %+v", err, reading.Result())
			}
			gone(t, lemexport)
		})
		t.Run("during an Export: "+signal.String(), func(t *testing.T) {
			t.Parallel()
			api := newStoppingAPI(t, 900, beforeTheWalk+2)
			lemexport := startPlugin(t, nil)
			dir := filepath.Join(t.TempDir(), "out")
			go func() {
				<-api.held
				_ = syscall.Kill(lemexport.PID(), signal)
			}()
			result, err := lemexport.Export(t.Context(), client.ExportRequest{Config: jsonConfig(t, api.url, dir), StateDir: t.TempDir()})
			if !errors.Is(err, client.ErrStopped) || len(result.Files) > 0 || result.RunID == "" {
				t.Errorf("ended with %v, %+v", err, result)
			}
			gone(t, lemexport)
			if entries, err := os.ReadDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) || len(entries) > 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

// A ^C reaches all processes of a terminal, and the host decides what it means.
func TestAnInterruptIsTheHostsBusiness(t *testing.T) {
	t.Parallel()
	command, handshake, stderr := serving(t, plugin.SocketDirVariable+"="+folderOf(t, 0o700))
	if handshake[3] == "" {
		t.Errorf("no handshake; stderr %s", stderr)
	}
	// The system delivers the signal with the lower number first.
	if err := errors.Join(command.Process.Signal(syscall.SIGINT), command.Process.Signal(syscall.SIGTERM), command.Wait()); err != nil {
		t.Errorf("ended with %v; stderr %s", err, stderr)
	}
}

// gone waits until a plugin's process has ended.
func gone(t *testing.T, lemexport *client.Client) {
	t.Helper()
	limit, end := context.WithTimeout(t.Context(), 10*time.Second)
	defer end()
	for alive(lemexport.PID()) {
		select {
		case <-limit.Done():
			t.Fatal("the plugin runs on")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
