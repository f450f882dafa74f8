package folder

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// childRole makes the test binary one of the programs below instead of a test run.
const childRole = "LEMEXPORT_FOLDER_CHILD"

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := child(context.Background(), role, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err, "|", exporter.Hint(err))
		os.Exit(1)
	}
}

// child plays a run in a process of its own.
func child(ctx context.Context, role, dir string) error {
	switch role {
	case "writer": // replaces the file until it is killed
		first := 0
		if _, err := fmt.Sscan(os.Args[2], &first); err != nil {
			return err
		}
		for version := first; ; version++ {
			if err := replace(ctx, talkative(dir), version, os.Stdout); err != nil {
				return err
			}
		}
	case "locker": // locks the folder, says so, and unlocks it when its input ends
		unlock, err := New(dir).Lock(ctx, fmt.Sprint("run-", os.Getpid()))
		if err != nil {
			return err
		}
		fmt.Println("locked")
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return err
		}
		return unlock()
	case "contender": // starts when its input ends, and takes the lock several times
		fmt.Println("ready")
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return err
		}
		for range 8 {
			if err := contend(ctx, New(dir)); err != nil {
				return err
			}
		}
		return nil
	}
	return platformChild(ctx, role, dir)
}

// talkative is a folder that prints the steps of a commit.
func talkative(dir string) *Folder {
	folder := New(dir)
	system := folder.sys
	folder.sys.sync = func(f *os.File) error { fmt.Println("sync"); return system.sync(f) }
	folder.sys.rename = func(from, to string) error { fmt.Println("rename"); return system.rename(from, to) }
	folder.sys.syncFolder = func(at string) error { fmt.Println("sync folder"); return system.syncFolder(at) }
	return folder
}

// replace is a complete run; it prints every step.
func replace(ctx context.Context, folder *Folder, version int, output io.Writer) error {
	fmt.Fprintln(output, "lock", version)
	unlock, err := folder.Lock(ctx, fmt.Sprint("run-", version))
	if err != nil {
		return err
	}
	fmt.Fprintln(output, "locked", version)
	there, err := versionAt(folder.path(dataName))
	if err != nil {
		return errors.Join(err, unlock())
	}
	upload, err := folder.Create(ctx, dataName, there)
	if err != nil {
		return errors.Join(err, unlock())
	}
	body := content(version)
	for len(body) > 0 {
		part := body[:min(len(body), 100<<10)]
		body = body[len(part):]
		fmt.Fprintln(output, "write", version)
		if _, err := upload.Write(part); err != nil {
			return errors.Join(err, upload.Abort(), unlock())
		}
	}
	fmt.Fprintln(output, "commit", version)
	if err := upload.Commit(ctx); err != nil {
		return errors.Join(err, unlock())
	}
	fmt.Fprintln(output, "committed", version)
	return unlock()
}

// contend waits for the lock, then checks that no other run holds it.
func contend(ctx context.Context, folder *Folder) error {
	for {
		unlock, err := folder.Lock(ctx, "run")
		if errors.Is(err, exporter.ErrBusy) {
			continue
		}
		if err != nil {
			return err
		}
		alone, err := os.OpenFile(folder.path("alone"), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("two runs hold the lock: %w", err)
		}
		return errors.Join(alone.Close(), os.Remove(alone.Name()), unlock())
	}
}

const dataName = "inbox_conversations.parquet"

// content is a file of about 2 MiB that names its version and ends with its own hash, so
// that a test notices a part of a version or a mix of two.
func content(version int) []byte {
	line := fmt.Sprintf("version %d\n", version)
	body := strings.Repeat(line, 2<<20/len(line))
	return fmt.Appendf(nil, "%s%x", body, sha256.Sum256([]byte(body)))
}

// wholeVersion is the version of the data file, which must be complete.
func wholeVersion(t *testing.T, dir string) int {
	t.Helper()
	got, err := os.ReadFile(New(dir).path(dataName))
	if err != nil {
		t.Fatal(err)
	}
	cut := len(got) - 2*sha256.Size
	if cut < 0 || fmt.Sprintf("%x", sha256.Sum256(got[:cut])) != string(got[cut:]) {
		t.Fatalf("the file holds a part of a version, or a mix of two (%d bytes)", len(got))
	}
	version := 0
	if _, err := fmt.Sscanf(string(got[:40]), "version %d\n", &version); err != nil {
		t.Fatal(err)
	}
	return version
}

// checkLitter fails the test when the folder holds other files than the named ones.
func checkLitter(t *testing.T, dir string, known ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.Contains(strings.Join(append(known, dataName), "\n")+"\n", entry.Name()+"\n") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}

// process is the test binary in a role.
type process struct {
	*exec.Cmd
	lines      *bufio.Scanner
	input      io.WriteCloser
	complaints *strings.Builder
}

func start(t *testing.T, role string, arguments ...string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0], arguments...)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	complaints := new(strings.Builder)
	cmd.Stderr = complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return process{cmd, bufio.NewScanner(output), input, complaints}
}

// finish reads and returns the rest of the output, then waits for the process.
func (p process) finish() (rest []string, err error) {
	for p.lines.Scan() {
		rest = append(rest, p.lines.Text())
	}
	return rest, p.Wait()
}
