//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
)

// cloudqueryPlugin is a lemexport that was started as CloudQuery starts a source.
type cloudqueryPlugin struct {
	command *exec.Cmd
	client  pluginv3.PluginClient
	socket  string
	log     *bufio.Scanner
}

// cloudqueryFlags are those of CloudQuery, and of its later versions.
const cloudqueryFlags = "serve --log-level info --log-format json --network unix --address %s --no-sentry --license offline --otel-endpoint-insecure"

// startCloudQuery starts a program and waits until its first record says that it serves.
func startCloudQuery(t *testing.T, socket, name string, args ...string) *cloudqueryPlugin {
	t.Helper()
	p := &cloudqueryPlugin{command: exec.CommandContext(t.Context(), name, args...), socket: socket}
	p.command.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	p.log = bufio.NewScanner(out)
	p.record(t, "Serving CloudQuery on "+socket)
	connection, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	p.client = pluginv3.NewPluginClient(connection)
	return p
}

// record reads the next record of the log.
func (p *cloudqueryPlugin) record(t *testing.T, want string) {
	t.Helper()
	var record struct{ Level, Message string }
	p.log.Scan()
	if err := json.Unmarshal(p.log.Bytes(), &record); err != nil || record.Level != "info" || record.Message != want {
		t.Fatalf("log: %s, %v, want %q", p.log.Bytes(), err, want)
	}
}

// sync reads rows with a key, and begins to do so before it calls begun.
func (p *cloudqueryPlugin) sync(t *testing.T, endpoint, key string, begun func()) (inserts int, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	spec := fmt.Appendf(nil, `{"api_key": %q, "endpoint": %q, "margin": {"settle": "50ms"}}`, key, endpoint)
	if _, err := p.client.Init(ctx, &pluginv3.InitRequest{Spec: spec}); err != nil {
		t.Fatal(err)
	}
	stream, err := p.client.Sync(ctx, &pluginv3.SyncRequest{Tables: []string{"inbox_conversations"}})
	if err != nil {
		t.Fatal(err)
	}
	begun()
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return inserts, nil
		}
		if err != nil {
			return inserts, err
		}
		if response.GetInsert() != nil {
			inserts++
		}
	}
}

// end waits for the end of the program, and checks the rest of its log.
func (p *cloudqueryPlugin) end(t *testing.T) {
	t.Helper()
	for p.log.Scan() {
		if line := p.log.Text(); !strings.HasPrefix(line, `{"level":"`) || strings.Contains(line, testKey) {
			t.Errorf("log: %s", line)
		}
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
	if _, err := os.Lstat(p.socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

func (p *cloudqueryPlugin) interrupt(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
}

func flagsOf(socket string) []string { return strings.Fields(fmt.Sprintf(cloudqueryFlags, socket)) }

func TestCloudQueryReadsATeam(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	p := startCloudQuery(t, socket, "lemexport", flagsOf(socket)...)
	api := newStoppingAPI(t, 250, always)
	if inserts, err := p.sync(t, api.url, testKey, func() {}); err != nil || inserts == 0 {
		t.Errorf("%d inserts, %v", inserts, err)
	}
	p.record(t, "Read, and proven complete.")
	inserts, err := p.sync(t, api.url, "nosuchkeyatall", func() {})
	if text := status.Convert(err).Message(); inserts > 0 || !strings.Contains(text, "401 Unauthorized") || strings.Contains(text, "nosuchkeyatall") {
		t.Errorf("a wrong key: %d inserts, %v", inserts, err)
	}
	p.interrupt(t)
	p.end(t)
}

func TestCloudQueryInterruptsASync(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	p := startCloudQuery(t, socket, "lemexport", flagsOf(socket)...)
	api := newStoppingAPI(t, 900, beforeTheWalk+2)
	inserts, err := p.sync(t, api.url, testKey, func() {
		<-api.held
		p.interrupt(t)
	})
	if inserts > 0 || status.Code(err) == codes.OK {
		t.Errorf("%d inserts, %v", inserts, err)
	}
	p.end(t)
}

// A plugin does not outlive the program that started it, not even during a sync.
func TestCloudQueryIsKilled(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "s")
	p := startCloudQuery(t, socket, "sh", append([]string{"-c", `"$@" & wait`, "sh", lemexportPath(t)}, flagsOf(socket)...)...)
	api := newStoppingAPI(t, 900, beforeTheWalk+2)
	var killed time.Time
	_, err := p.sync(t, api.url, testKey, func() {
		<-api.held
		killed = time.Now()
		kill(t, p.command.Process.Pid)
	})
	if took := time.Since(killed); err == nil || took > 10*time.Second {
		t.Fatalf("the sync ended with %v after %v", err, took)
	}
	for p.log.Scan() { // to the end of the plugin, which has the other end
	}
	_ = p.command.Wait() // it was killed
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

func TestCloudQueryRefusesOtherMachines(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "cloudquery", "serve", "-address=0.0.0.0:0")
	if got := p.status(t); got != 1 || !strings.Contains(p.out.String(), " error Error: refusing to serve on 0.0.0.0:0 without TLS") {
		t.Errorf("status %d: %s%s", got, &p.out, &p.err)
	}
}
