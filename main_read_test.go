//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// A reader of the stream must not take a part for the whole.
func TestAReadThatIsInterruptedGivesABrokenStream(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := `source "lemlist" {
  simulate {
    conversations = 20000
    rate_limit    = false
  }
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "lemexport", "read", "inbox_conversations")
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reader, err := ipc.NewReader(stdout) // the schema: the rest fills the pipe
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	defer reader.Release()
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for reader.Next() {
	}
	if reader.Err() == nil {
		t.Error("the stream looks whole")
	}
	_, _ = io.Copy(io.Discard, stdout)
	var ended *exec.ExitError
	if err := command.Wait(); !errors.As(err, &ended) || ended.ExitCode() != 130 {
		t.Errorf("ended with %v: %s", err, &stderr)
	}
	if !bytes.Contains(stderr.Bytes(), []byte("of the stream were written; the stream is incomplete")) {
		t.Errorf("said %s", &stderr)
	}
}
