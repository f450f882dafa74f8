//go:build unix

package folder

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

var watchedRuns = flag.Int("watched-runs", 20, "runs that TestNoOtherUserReadsAnExport watches")

// watch plays another user of the machine, who opens every file of a folder as soon as it
// appears, and reads the open files after each line of input. For each line it prints how
// many files it could open and how many bytes it read. Without root, the watcher is the
// same user and checks the permission bits instead.
func watch(dir string, lines io.Reader, output io.Writer) error {
	foreign := os.Geteuid() == 0
	at, err := dropPrivilege(dir)
	if err != nil {
		return err
	}
	names, err := appearances(at)
	if err != nil {
		return err
	}
	found := make(chan *os.File, 1<<10)
	go func() {
		for name := range names {
			if file, err := os.Open(filepath.Join(at, name)); err == nil && (foreign || openToOthers(file)) {
				found <- file
			}
		}
	}()
	fmt.Fprintln(output, "watching")
	for input := bufio.NewScanner(lines); input.Scan(); {
		files, bytes := 0, int64(0)
		for range len(found) {
			file := <-found
			n, err := io.Copy(io.Discard, file)
			if err := errors.Join(err, file.Close()); err != nil {
				return err
			}
			files++
			bytes += n
		}
		fmt.Fprintln(output, files, bytes)
	}
	return nil
}

func openToOthers(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode().Perm()&0o077 != 0
}

// Another user of the machine reads no byte of an export, however fast that user is, whether
// the export is new or replaces a private file.
func TestNoOtherUserReadsAnExport(t *testing.T) {
	for name, replaces := range map[string]bool{"new": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			chmod(t, filepath.Dir(dir), 0o755)
			chmod(t, dir, 0o755)
			watcher := start(t, "watcher", dir)
			if !watcher.lines.Scan() {
				t.Fatal("no watcher", watcher.complaints)
			}
			caught, total := 0, int64(0)
			for version := range *watchedRuns {
				if !replaces {
					_ = os.Remove(filepath.Join(dir, dataName))
				} else if version == 0 {
					writeFile(t, filepath.Join(dir, dataName), "old")
				}
				if err := replace(context.WithoutCancel(t.Context()), New(dir), version, io.Discard); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintln(watcher.input, "read")
				if !watcher.lines.Scan() {
					t.Fatal("the watcher ended", watcher.complaints)
				}
				files, bytes := 0, int64(0)
				if _, err := fmt.Sscan(watcher.lines.Text(), &files, &bytes); err != nil {
					t.Fatal(err)
				}
				if bytes > 0 {
					caught++
				}
				total += bytes
			}
			t.Logf("%d runs: another user read %d of them, %d bytes", *watchedRuns, caught, total)
			if caught > 0 {
				t.Errorf("another user read %d exports of %d", caught, *watchedRuns)
			}
			if err := watcher.input.Close(); err != nil {
				t.Error(err)
			}
			if _, err := watcher.finish(); err != nil {
				t.Error(err, watcher.complaints)
			}
		})
	}
}
