package store

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
const childRole = "LEMEXPORT_STORE_CHILD"

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := child(role, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err, "|", exporter.Hint(err))
		os.Exit(1)
	}
}

// child plays a run in a process of its own.
func child(role, dir string) error {
	folder := NewFolder(dir)
	ctx := context.Background()
	switch role {
	case "writer": // replaces the file until it is killed
		for version := 0; ; version++ {
			if err := replace(ctx, folder, version); err != nil {
				return err
			}
		}
	case "full": // writes more than the process may
		limitFileSize()
		return replace(ctx, folder, 1)
	case "once":
		return replace(ctx, folder, 1)
	case "holder": // claims the folder, says so, and holds it until its input ends
		unlock, err := folder.Lock(ctx, fmt.Sprint("run-", os.Getpid()))
		if err != nil {
			return err
		}
		fmt.Println("held")
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return err
		}
		return unlock()
	case "contender": // waits for its turn, then checks that it is alone
		return contend(ctx, folder)
	}
	return errors.New("unknown role")
}

// replace is a whole run; it prints a line per step.
func replace(ctx context.Context, folder *Folder, version int) error {
	fmt.Println("lock")
	unlock, err := folder.Lock(ctx, fmt.Sprint("run-", version))
	if err != nil {
		return err
	}
	upload, err := folder.Create(ctx, dataName)
	if err != nil {
		return errors.Join(err, unlock())
	}
	body := content(version)
	for len(body) > 0 {
		part := body[:min(len(body), 100<<10)]
		body = body[len(part):]
		fmt.Println("write")
		if _, err := upload.Write(part); err != nil {
			return errors.Join(err, upload.Abort(), unlock())
		}
	}
	fmt.Println("commit")
	if err := upload.Commit(ctx); err != nil {
		return errors.Join(err, unlock())
	}
	fmt.Println("unlock")
	return unlock()
}

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
			return fmt.Errorf("two runs hold the folder: %w", err)
		}
		return errors.Join(alone.Close(), os.Remove(alone.Name()), unlock())
	}
}

const dataName = "inbox_conversations.parquet"

// content is a file of about 2 MiB that says which version it is and ends with
// its own hash, so that a part or a mix of two is found.
func content(version int) []byte {
	line := fmt.Sprintf("version %d\n", version)
	body := strings.Repeat(line, 2<<20/len(line))
	return fmt.Appendf(nil, "%s%x", body, sha256.Sum256([]byte(body)))
}

func checkWhole(t *testing.T, dir string) {
	t.Helper()
	got, err := os.ReadFile(NewFolder(dir).path(dataName))
	if err != nil {
		t.Fatal(err)
	}
	cut := len(got) - 2*sha256.Size
	if cut < 0 || fmt.Sprintf("%x", sha256.Sum256(got[:cut])) != string(got[cut:]) {
		t.Fatalf("the file holds a part of a version, or a mix of two (%d bytes)", len(got))
	}
}

// checkLitter looks for anything but the data file.
func checkLitter(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != dataName {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}

// start runs the test binary in a role.
func start(t *testing.T, role, dir string) (*exec.Cmd, *bufio.Scanner, *strings.Builder) {
	t.Helper()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// A pipe that stays open until the child has ended.
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	complaints := new(strings.Builder)
	cmd.Stderr = complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stdout), complaints
}
