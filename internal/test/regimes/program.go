package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	module      = "github.com/lemexport/lemexport"
	destination = "out"
	table       = "inbox_conversations"
	keyVariable = "LEMLIST_API_KEY"
)

// build builds the program into folder.
func build(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "lemexport")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", path, module).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, output)
	}
	return path, nil
}

// workplace is a folder in which the program exports one team.
type workplace struct {
	folder, binary string
	timeout        time.Duration
	key            string
}

// newWorkplace writes the configuration.
func newWorkplace(folder string, s settings, endpoint, key, mode string) (workplace, error) {
	w := workplace{folder: folder, binary: s.binary, timeout: s.timeout, key: key}
	for _, name := range []string{"cache", "tmp"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			return w, err
		}
	}
	return w, w.configure(endpoint, mode)
}

func (w workplace) configure(endpoint, mode string) error {
	text := fmt.Sprintf("source \"lemlist\" {\n  api_key  = env(%q)\n  endpoint = %q\n}\n\nexport %q {\n  destination = %q\n  mode        = %q\n}\n",
		keyVariable, endpoint, table, "./"+destination, mode)
	return os.WriteFile(filepath.Join(w.folder, "main.hcl"), []byte(text), 0o600)
}

// applied is how an apply ended.
type applied struct {
	status   int // of the process; -1 when it was ended for the time it took
	complete bool
	reason   string
	seconds  float64
}

// apply runs `lemexport apply`. An error is one of this command, not of the program.
func (w workplace) apply(ctx context.Context) (applied, error) {
	limited, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	command := exec.CommandContext(limited, w.binary, "apply", "-auto-approve", "-json", w.folder)
	command.Dir = w.folder
	command.Env = []string{
		keyVariable + "=" + w.key, "HOME=" + w.folder, "TMPDIR=" + filepath.Join(w.folder, "tmp"),
		"XDG_CACHE_HOME=" + filepath.Join(w.folder, "cache"), "NO_COLOR=1",
	}
	command.WaitDelay = 5 * time.Second
	var output, complaints bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaints
	began := time.Now()
	err := command.Run()
	got := applied{seconds: time.Since(began).Seconds()}
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return got, ctx.Err()
	case limited.Err() != nil:
		got.status, got.reason = -1, "not done after "+w.timeout.String()
		return got, nil
	case errors.As(err, &failed):
		got.status = failed.ExitCode()
	case err != nil:
		return got, err
	}
	got.read(output.Bytes())
	if got.reason == "" && got.status != 0 {
		got.reason = complaint(complaints.String())
	}
	return got, nil
}

// complaint is what the program wrote for people, in one line.
func complaint(text string) string {
	words := strings.Fields(text)
	line := []rune(strings.Join(words, " "))
	return string(line[:min(len(line), 300)])
}

// read takes what the program says of its proof, or why it failed.
func (a *applied) read(output []byte) {
	type proof struct {
		Complete bool `json:"complete"`
		Users    []struct {
			Reason string `json:"reason"`
		} `json:"users"`
	}
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct {
			Level      string `json:"@level"`
			Message    string `json:"@message"`
			Diagnostic struct {
				Detail string `json:"detail"`
			} `json:"diagnostic"`
			Summary *struct {
				Proof proof `json:"proof"`
			} `json:"summary"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		if line.Level == "error" && a.reason == "" {
			a.reason = complaint(line.Message + ". " + line.Diagnostic.Detail)
		}
		if line.Summary == nil {
			continue
		}
		a.complete = line.Summary.Proof.Complete
		for _, user := range line.Summary.Proof.Users {
			if user.Reason != "" {
				a.reason = user.Reason
				break
			}
		}
	}
}
