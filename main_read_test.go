//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// A reader of the rows must not take a part for the whole, nor go on from its end.
func TestAReadThatIsInterruptedGivesBrokenOutputAndNoPosition(t *testing.T) {
	t.Parallel()
	for format, rest := range map[string]func(stdout io.Reader, interrupt func() error) (broken error, failed error){
		"arrow": restOfArrow, "jsonl": restOfJSONLines,
	} {
		t.Run(format, func(t *testing.T) {
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
			command := exec.CommandContext(t.Context(), "lemexport", "read", "-format="+format, "-position=at.json", "inbox_conversations")
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
			broken, err := rest(stdout, func() error { return command.Process.Signal(syscall.SIGINT) })
			if err != nil {
				t.Fatal(err)
			}
			if broken == nil {
				t.Error("the rows look whole")
			}
			_, _ = io.Copy(io.Discard, stdout)
			var ended *exec.ExitError
			if err := command.Wait(); !errors.As(err, &ended) || ended.ExitCode() != 130 {
				t.Errorf("ended with %v: %s", err, &stderr)
			}
			if !bytes.Contains(stderr.Bytes(), []byte("of the stream were written; the stream is incomplete")) {
				t.Errorf("said %s", &stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, "at.json")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is a position: %v", err)
			}
		})
	}
}

// restOfArrow interrupts after the schema: the rest fills the pipe.
func restOfArrow(stdout io.Reader, interrupt func() error) (broken, failed error) {
	reader, err := ipc.NewReader(stdout)
	if err == nil {
		err = interrupt()
	}
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	for reader.Next() {
	}
	return reader.Err(), nil
}

// restOfJSONLines interrupts after the first row.
func restOfJSONLines(stdout io.Reader, interrupt func() error) (broken, failed error) {
	decoder := json.NewDecoder(bufio.NewReader(stdout))
	var row map[string]any
	err := decoder.Decode(&row)
	if err == nil {
		err = interrupt()
	}
	if err != nil {
		return nil, err
	}
	for err == nil {
		err = decoder.Decode(&row)
	}
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	return err, nil
}

// The rows of a table wait until all of it is proven. A host that is killed meanwhile
// must not leave a process behind that spends the rate limit of the key.
func TestAReadEndsWithItsReader(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := "source \"lemlist\" {\n  simulate {\n    conversations = 200000\n  }\n}\n" // minutes at the rate limit
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "lemexport", "read", "inbox_conversations")
	command.Dir = dir
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := stdout.Close(); err != nil {
		t.Fatal(err)
	}
	var ended *exec.ExitError
	if err := command.Wait(); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	if !bytes.Contains(stderr.Bytes(), []byte("Error: the program that reads standard output has ended")) {
		t.Errorf("said %s", &stderr)
	}
}
