package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal of 80 columns: what a program writes to
// the second file can be read from the first.
func openTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	descriptor := int(screen.Fd())
	if err := unix.IoctlSetPointerInt(descriptor, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(descriptor, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(descriptor, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, terminal
}

// onTerminal runs lemexport on a terminal, types the input, and returns what the
// screen was sent.
func onTerminal(t *testing.T, dir, input string, env []string, args ...string) (string, int) {
	t.Helper()
	screen, terminal := openTerminal(t)
	command := exec.CommandContext(t.Context(), "lemexport", args...)
	command.Dir, command.Stdin, command.Stdout, command.Stderr = dir, terminal, terminal, terminal
	command.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	if _, err := screen.WriteString(input); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	_, _ = shown.ReadFrom(screen) // ends with EIO when the program does
	_ = command.Wait()            // the status says it
	return shown.String(), command.ProcessState.ExitCode()
}

func TestOnATerminal(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(newSim(t))
	t.Cleanup(api.Close)
	dir := configFor(t, api.URL+"/api")

	shown, status := onTerminal(t, dir, "yes\n", nil, "apply")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, shown)
	}
	for _, want := range []string{
		"\x1b[1mDo you want to apply this plan?\x1b[0m Only 'yes' is accepted.",
		"\x1b[33m\x1b[1mSIMULATED DATA: no row is real.",
		"\x1b[32m\x1b[1mExported, and proven complete.",
		"│ \x1b[33m\x1b[1mWarning: ", // the key is in the file
	} {
		if !strings.Contains(shown, want) && !strings.Contains(shown, strings.Replace(want, "│ ", "│\x1b[0m ", 1)) {
			t.Errorf("%q is not in %q", want, shown)
		}
	}

	shown, _ = onTerminal(t, dir, "", []string{"NO_COLOR=1"}, "plan")
	if strings.Contains(shown, "\x1b[3") || strings.Contains(shown, "\x1b[1m") {
		t.Errorf("colours in spite of NO_COLOR: %q", shown)
	}
	shown, status = onTerminal(t, dir, "", nil, "schema", "-format=arrow")
	if status != 1 || !strings.Contains(shown, "refusing to write binary data to a terminal") {
		t.Errorf("exit %d: %q", status, shown)
	}
}

func TestTheBarOfALongerRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := "source \"lemlist\" {\n  simulate {\n    conversations = 3000\n  }\n}\nexport \"inbox_conversations\" {\n  destination = \"out\"\n}\n"
	if err := os.WriteFile(dir+"/main.hcl", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	shown, status := onTerminal(t, dir, "", nil, "apply", "-auto-approve")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, shown)
	}
	if !strings.Contains(shown, "\r\x1b[Kreading ") || !strings.Contains(shown, " rows/s") {
		t.Errorf("no bar: %q", shown)
	}
	for frame := range strings.SplitSeq(shown, "\r\x1b[K") {
		line, _, _ := strings.Cut(frame, "\r\n")
		if strings.HasPrefix(line, "reading ") && len(line) > 79 {
			t.Errorf("the bar wraps: %q", line)
		}
	}
	end := strings.LastIndex(shown, "\r\x1b[K")
	if !strings.Contains(shown[end:], "Exported, and proven complete.") || strings.Contains(shown[end:], "reading ") {
		t.Errorf("the bar is not cleared before the summary: %q", shown[end:])
	}
}

// built is the program without the race detector, which takes memory of its own. All
// tests share it.
func built(t *testing.T) string {
	t.Helper()
	program, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var buildOnce = sync.OnceValues(func() (string, error) {
	var err error
	if sharedDir, err = os.MkdirTemp("", "lemexport-test-"); err != nil {
		return "", err
	}
	program := filepath.Join(sharedDir, "lemexport")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})
