package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/conformance"
	"github.com/lemexport/lemexport/plugin"
	"github.com/lemexport/lemexport/plugin/client"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// lockedBuffer is a buffer for several writers.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func lemexportPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("lemexport") // which TestMain has put there
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// startPlugin starts the binary as a plugin, with folders of its own.
func startPlugin(t *testing.T, change func(*client.StartOptions)) *client.Client {
	t.Helper()
	options := client.StartOptions{
		Path: lemexportPath(t),
		Dir:  t.TempDir(),
		Env:  []string{"XDG_CACHE_HOME=" + t.TempDir(), "GORACE=" + withoutPause},
	}
	if change != nil {
		change(&options)
	}
	lemexport, err := client.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lemexport.Close)
	return lemexport
}

func TestPluginConforms(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) conformance.Instance {
		lemexport := startPlugin(t, nil)
		return conformance.Instance{Client: lemexport.Service(), Kill: func() { kill(t, lemexport.PID()) }}
	})
}

func kill(t *testing.T, pid int) {
	t.Helper()
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Kill()
	}
	if err != nil {
		t.Error(err)
	}
}

// jsonConfig is a configuration for an API, and for an export when dir is set.
func jsonConfig(t *testing.T, endpoint, dir string) []byte {
	t.Helper()
	config := map[string]any{"source": map[string]any{"lemlist": map[string]any{"api_key": testKey, "endpoint": endpoint}}}
	if dir != "" {
		config["export"] = map[string]any{"inbox_conversations": map[string]any{"destination": dir}}
	}
	body, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// drain reads to the end and returns the error of it; first is called after the
// first record.
func drain(ctx context.Context, reading *client.Reading, first func()) error {
	for rec, err := range reading.Records(ctx) {
		if err != nil {
			return err
		}
		if first != nil && rec.NumRows() > 0 {
			first()
			first = nil
		}
	}
	return nil
}

func TestAPluginThatIsKilledIsNamedInTheError(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 900, beforeTheWalk+2)
	lemexport := startPlugin(t, nil)
	reading := lemexport.Read(client.ReadRequest{Config: jsonConfig(t, api.url, ""), Table: "inbox_conversations", StateDir: t.TempDir()})
	err := drain(t.Context(), reading, func() { kill(t, lemexport.PID()) })
	if !errors.Is(err, client.ErrPluginGone) {
		t.Errorf("the reading ends with %v", err)
	}
	if _, err := lemexport.Describe(t.Context()); !errors.Is(err, client.ErrPluginGone) {
		t.Errorf("a later call ends with %v", err)
	}
}

// The messages of what a host does wrong.
func TestPluginStartErrors(t *testing.T) {
	t.Parallel()
	binary, err := os.ReadFile(lemexportPath(t))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(binary)
	startPlugin(t, func(o *client.StartOptions) { o.SHA256 = digest[:] })

	tampered := filepath.Join(t.TempDir(), "lemexport")
	if err := os.WriteFile(tampered, append(binary, 0), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		options client.StartOptions
		want    string
	}{
		"a tampered binary": {
			client.StartOptions{Path: tampered, SHA256: digest[:]},
			"the binary was not started: its SHA-256 digest is not the expected one",
		},
		"half a digest":             {client.StartOptions{Path: tampered, SHA256: digest[:16]}, "invalid SHA-256 digest of 16 bytes: it must have 32"},
		"a program of another kind": {client.StartOptions{Path: falseProgram(t)}, "Check that it is a lemexport binary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lemexport, err := client.Start(t.Context(), test.options)
			if err == nil {
				lemexport.Close()
			}
			if err == nil || !strings.Contains(err.Error()+" "+exporter.Hint(err), test.want) {
				t.Errorf("the error is %v, not %q", err, test.want)
			}
		})
	}
}

func falseProgram(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("git") // which says that it does not know what to do
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// goPluginHost is a host of go-plugin's own, which ends the plugin at the end of the test.
func goPluginHost(t *testing.T, command *exec.Cmd, change func(*goplugin.ClientConfig)) *goplugin.Client {
	t.Helper()
	config := &goplugin.ClientConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: plugin.CookieKey, MagicCookieValue: plugin.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{plugin.ProtocolVersion: {}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true, Cmd: command, Logger: hclog.NewNullLogger(),
	}
	if change != nil {
		change(config)
	}
	host := goplugin.NewClient(config)
	t.Cleanup(host.Kill)
	return host
}

// go-plugin's client kills a plugin that has not ended 2 seconds after Shutdown.
func TestAGoPluginHostEndsThePluginDuringACall(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 900, beforeTheWalk+2)
	command := exec.Command(lemexportPath(t))
	command.Env = []string{"XDG_CACHE_HOME=" + t.TempDir(), "GORACE=" + withoutPause}
	host := goPluginHost(t, command, nil)
	protocol, err := host.Client()
	if err != nil {
		t.Fatal(err)
	}
	exports := pluginv1.NewExporterClient(protocol.(*goplugin.GRPCClient).Conn)
	stream, err := exports.Read(t.Context(), &pluginv1.ReadRequest{
		Config: &pluginv1.Config{Json: jsonConfig(t, api.url, "")}, Table: "inbox_conversations", StateDir: t.TempDir(),
		Delivery: pluginv1.Delivery_DELIVERY_ONCE, // the walk does not wait for the host
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-api.held:
	case <-time.After(30 * time.Second):
		message, err := stream.Recv()
		t.Fatalf("no request is held, the first message is %v, %v", message, err)
	}
	host.Kill()
	if code := command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the plugin ended with %v", command.ProcessState)
	}
}

// The plugin has one connection only. go-plugin reports that to a host that requires more.
func TestAHostThatRequiresMultiplexingIsRefused(t *testing.T) {
	t.Parallel()
	host := goPluginHost(t, exec.Command(lemexportPath(t)), func(c *goplugin.ClientConfig) { c.GRPCBrokerMultiplex = true })
	if _, err := host.Client(); !errors.Is(err, goplugin.ErrGRPCBrokerMuxNotSupported) {
		t.Errorf("the error is %v", err)
	}
}

// A host of go-plugin with another version of the protocol is told both versions.
func TestAnotherProtocolVersionIsRefused(t *testing.T) {
	t.Parallel()
	host := goPluginHost(t, exec.Command(lemexportPath(t)), func(c *goplugin.ClientConfig) { c.VersionedPlugins = map[int]goplugin.PluginSet{2: {}} })
	const want = "incompatible API version with plugin. Plugin version: 1, Client versions: [2]"
	if _, err := host.Client(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, not %q", err, want)
	}
}

func TestAPluginStartedWithAnotherCookieSaysNothingOnStdout(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), lemexportPath(t))
	command.Env = append(os.Environ(), plugin.CookieKey+"=other")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		t.Errorf("ended with %v", err)
	}
	if stdout.Len() > 0 || !strings.Contains(stderr.String(), "plugin") {
		t.Errorf("wrote %q and %q", &stdout, &stderr)
	}
}

// Records keep their levels on the way through go-plugin, and nothing that
// crosses or stays holds the key.
func TestAPluginsLogKeepsItsLevelsAndNothingHoldsTheKey(t *testing.T) {
	t.Parallel()
	team := newStoppingAPIOf(t, sim.Options{Conversations: 120, Faults: []sim.FaultRule{
		{Fault: sim.FaultEcho, Path: "/api/inbox", Times: 1}, {Fault: sim.FaultEcho, Path: "/api/team", Times: 1},
	}}, always)
	var log, raw lockedBuffer
	state, cache, dir := t.TempDir(), t.TempDir(), t.TempDir()
	lemexport := startPlugin(t, func(o *client.StartOptions) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Stderr, o.Dir = &raw, dir
		o.Env = []string{"XDG_CACHE_HOME=" + cache, "LEMEXPORT_LOG_LEVEL=debug", "GORACE=" + withoutPause}
	})
	var crossed strings.Builder
	observe := func(event *pluginv1.Event) { crossed.WriteString(event.String()) }
	reading := lemexport.Read(client.ReadRequest{
		Config: jsonConfig(t, team.url, ""), Table: "inbox_conversations", StateDir: state, OnEvent: observe,
		OnCheckpoint: func(token []byte) { crossed.Write(token) },
	})
	if err := drain(t.Context(), reading, nil); err != nil {
		t.Fatal(err)
	}
	exported, err := lemexport.Export(t.Context(), client.ExportRequest{Config: jsonConfig(t, team.url, filepath.Join(dir, "out")), StateDir: state, OnEvent: observe})
	if err != nil {
		t.Fatal(err)
	}
	results, err := json.Marshal([]any{reading.Result(), exported})
	if err != nil {
		t.Fatal(err)
	}
	lemexport.Close()
	for _, want := range []string{"level=INFO", "level=DEBUG msg=serving", "run_id=" + exported.RunID} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%.2000s", want, log.String())
		}
	}
	keyless(t, "the log", log.String())
	keyless(t, "standard error", raw.String())
	keyless(t, "the events", crossed.String())
	keyless(t, "the results", string(results))
	for _, folder := range []string{state, cache, dir} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			body, err := os.ReadFile(path)
			keyless(t, path, string(body))
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a state folder goes with its last journal
			t.Error(err)
		}
	}
}

func keyless(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range []string{testKey, sim.PlantedSecret} {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %s", where, secret)
		}
	}
}
