package scratch

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

// Whatever is appended, in whatever pieces and by whatever means, is read back.
func TestScratchReadsWhatWasAppended(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		file, err := New(dir).File()
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		}()
		var want []byte
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			size := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(bufferSize-2, bufferSize+2)).Draw(t, "size")
			part := strings.Repeat(string(rapid.ByteRange('a', 'z').Draw(t, "byte")), size)
			switch rapid.SampledFrom([]string{"write", "string", "copy", "read"}).Draw(t, "step") {
			case "write":
				_, err = file.Write([]byte(part))
			case "string":
				_, err = io.WriteString(file, part)
			case "copy":
				_, err = io.Copy(file, io.MultiReader(strings.NewReader(part)))
			case "read":
				part = ""
				compare(t, file, want)
			}
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, part...)
		}
		compare(t, file, want)
	})
}

func compare(t *rapid.T, file io.ReaderAt, want []byte) {
	got := make([]byte, len(want)+1)
	n, err := file.ReadAt(got, 0)
	if !errors.Is(err, io.EOF) || !bytes.Equal(got[:n], want) {
		t.Fatalf("the file does not hold the %d bytes that were written but %d (%v)", len(want), n, err)
	}
}

func TestScratchIsReadInParallel(t *testing.T) {
	file, err := New(t.TempDir()).File()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			got := make([]byte, 4)
			if _, err := file.ReadAt(got, 0); err != nil || string(got) != "text" {
				t.Errorf("read %q (%v)", got, err)
			}
		})
	}
	group.Wait()
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

func TestScratchLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	file, err := New(dir).File()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(make([]byte, 2*bufferSize)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

// A system that cannot remove an open file leaves that to Close.
func TestScratchWithANameIsRemovedByClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	made, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&file{file: made, named: true}).Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there (%v)", err)
	}
}

func TestRoomComparesWithTheFreeSpace(t *testing.T) {
	dir := t.TempDir()
	for _, enough := range []int64{-1, 0, 1} {
		if err := New(dir).Room(enough); err != nil {
			t.Errorf("%d bytes: %v", enough, err)
		}
	}
	err := New(dir).Room(1 << 62)
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(exporter.Hint(err), "TMPDIR") {
		t.Errorf("got %v, hint %q", err, exporter.Hint(err))
	}
}

func TestAMissingFolderIsNamedInTheHint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	if _, err := New(dir).File(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(exporter.Hint(err), dir) {
		t.Errorf("error %v, hint %q", err, exporter.Hint(err))
	}
	if got := exporter.Hint(explain(os.ErrPermission, "")); !strings.Contains(got, os.TempDir()) {
		t.Errorf("the hint is %q, without the system's folder", got)
	}
}
