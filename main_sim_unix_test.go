//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// simProcess is `lemexport sim` in a process of its own.
type simProcess struct {
	program

	reader *os.File
	// dir holds the configuration that it printed.
	dir string
}

// startSimProcess waits for the configuration, whose export block ends it.
func startSimProcess(t *testing.T, flags ...string) *simProcess {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	p := &simProcess{reader: reader, dir: t.TempDir()}
	p.Cmd = exec.CommandContext(t.Context(), "lemexport", append([]string{"sim", "-addr=127.0.0.1:0"}, flags...)...)
	p.Stdout, p.Stderr = writer, &p.err
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	var printed bytes.Buffer
	for chunk := make([]byte, 4096); !strings.Contains(printed.String(), "destination"); {
		n, err := reader.Read(chunk)
		if err != nil {
			t.Fatalf("%v; printed %s %s", err, &printed, &p.err)
		}
		printed.Write(chunk[:n])
	}
	_, hcl, _ := strings.Cut(printed.String(), "\n\n")
	if err := os.WriteFile(filepath.Join(p.dir, "main.hcl"), []byte(hcl), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// stop ends it with a signal, and returns what it printed then.
func (p *simProcess) stop(t *testing.T) string {
	t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := p.status(t); got != 0 {
		t.Errorf("sim ends with %d: %s", got, &p.err)
	}
	seen, err := io.ReadAll(p.reader)
	if err != nil {
		t.Error(err)
	}
	return string(seen)
}

func TestSimServesUntilASignal(t *testing.T) {
	t.Parallel()
	p := startSimProcess(t, "-conversations=50", "-fault=slow=0.01")
	apply := start(t, p.dir, "apply", "-auto-approve")
	if got := apply.status(t); got != 0 {
		t.Errorf("apply ends with %d: %s", got, &apply.err)
	}
	if !strings.Contains(apply.out.String(), "SIMULATED DATA") || !strings.Contains(apply.out.String(), "  rows        50\n") {
		t.Errorf("apply printed %s", &apply.out)
	}
	if seen := p.stop(t); !regexp.MustCompile(`\n  requests  most in 2 s  answered with 429\n +[1-9]\d* +[1-9]\d* +0\n$`).MatchString(seen) {
		t.Errorf("sim ends with the text %s", seen)
	}
}

func TestSimServesSeveralTeams(t *testing.T) {
	t.Parallel()
	p := startSimProcess(t, "-teams=3", "-conversations=50", "-revoked=team-2")
	if apply := start(t, p.dir, "apply", "-auto-approve"); apply.status(t) != 1 || !strings.Contains(apply.err.String(), "team-2") {
		t.Errorf("apply ends with %d: %s", apply.ProcessState.ExitCode(), &apply.err)
	}
	written, err := filepath.Glob(filepath.Join(p.dir, "out", "team=team-[123]", "inbox_conversations.parquet"))
	if err != nil || len(written) != 2 {
		t.Errorf("%v; written: %s", err, written)
	}
	seen := p.stop(t)
	for _, line := range []string{`  team-1 +[1-9]\d* +[1-9]\d* +0\n`, `  team-2 +1 +1 +0\n`, `  team-3 +[1-9]\d* +[1-9]\d* +0\n`, `  all, and the most of one +[1-9]\d* +[1-9]\d* +0\n$`} {
		if !regexp.MustCompile(line).MatchString(seen) {
			t.Errorf("%q is not in %s", line, seen)
		}
	}
}
