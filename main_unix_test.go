//go:build unix

package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// configFor writes a configuration for an API into a fresh folder.
func configFor(t *testing.T, endpoint string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	body := `source "lemlist" {
  api_key  = "` + testKey + `"
  endpoint = "` + endpoint + `"
}
export "inbox_conversations" {
  destination = "out"
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// program is a lemexport that runs.
type program struct {
	*exec.Cmd
	out, err bytes.Buffer
}

func start(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	return startIn(t, dir, nil, args...)
}

// startIn starts the program with further variables in its environment.
func startIn(t *testing.T, dir string, env []string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.CommandContext(t.Context(), "lemexport", args...)}
	p.Dir, p.Stdout, p.Stderr = dir, &p.out, &p.err
	p.Env = append(append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir()), env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// status waits for the end.
func (p *program) status(t *testing.T) int {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	defer timer.Stop()
	_ = p.Wait() // the status says it
	return p.ProcessState.ExitCode()
}

func TestASignalDuringTheWalkLeavesTheDestinationAsItWas(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		signal  os.Signal
		answers int64
	}{
		{"^C during the plan", os.Interrupt, 2},
		{"^C during the walk", os.Interrupt, beforeTheWalk + 2},
		{"SIGTERM during the walk", syscall.SIGTERM, beforeTheWalk + 2},
		{"the terminal closes during the walk", syscall.SIGHUP, beforeTheWalk + 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			good := httptest.NewServer(newSim(t))
			t.Cleanup(good.Close)
			api := newStoppingAPI(t, 250, test.answers)
			dir := configFor(t, good.URL+"/api")
			if p := start(t, dir, "apply", "-auto-approve"); p.status(t) != 0 {
				t.Fatalf("the first export failed: %s", &p.err)
			}
			file := filepath.Join(dir, "out", "inbox_conversations.parquet")
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}

			second := configFor(t, api.url)
			p := start(t, dir, "apply", "-auto-approve", filepath.Join(second, "main.hcl"))
			<-api.held
			if err := p.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			if got := p.status(t); got != 130 {
				t.Errorf("exit %d, want 130", got)
			}
			for _, want := range []string{"Stopping. A second ^C ends lemexport at once.", "Interrupted; the destination is as it was."} {
				if !strings.Contains(p.err.String(), want) {
					t.Errorf("%q is not in: %s", want, &p.err)
				}
			}
			if p.out.Len() > 0 || strings.Contains(p.err.String(), "Error:") {
				t.Errorf("printed %s and %s", &p.out, &p.err)
			}
			after, err := os.ReadFile(file)
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file changed: %v", err)
			}
			if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

func TestASecondRunIsToldWhoHoldsTheDestination(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 250, beforeTheWalk)
	dir := configFor(t, api.url)
	first := start(t, dir, "apply", "-auto-approve", "-json")
	<-api.held

	good := httptest.NewServer(newSim(t))
	t.Cleanup(good.Close)
	other := configFor(t, good.URL+"/api")
	second := start(t, dir, "apply", "-auto-approve", filepath.Join(other, "main.hcl"))
	if got := second.status(t); got != 1 {
		t.Errorf("exit %d, want 1", got)
	}
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := first.status(t); got != 130 {
		t.Errorf("the first run ends with %d, want 130", got)
	}
	_, rest, _ := strings.Cut(first.out.String(), `"run_id":"`)
	runID, _, _ := strings.Cut(rest, `"`)
	if runID == "" || !strings.Contains(second.err.String(), runID) {
		t.Errorf("run %q is not named in: %s", runID, &second.err)
	}
	if !strings.Contains(first.out.String(), `"type":"interrupted"`) {
		t.Errorf("printed %s", &first.out)
	}
}

func newSim(t *testing.T) *sim.Server {
	t.Helper()
	server, err := sim.New(sim.Options{Key: testKey, Conversations: 250})
	if err != nil {
		t.Fatal(err)
	}
	return server
}
