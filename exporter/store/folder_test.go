package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// contract is what every destination promises.
func contract(t *testing.T, open func(t *testing.T) exporter.Destination) {
	t.Run("an object that was never written does not exist", func(t *testing.T) {
		if _, err := open(t).Open(t.Context(), dataName); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open gave %v", err)
		}
	})
	t.Run("a reader sees nothing before the commit, then all of it", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		upload := begin(t, to, "second")
		if got := read(t, to); got != "first" {
			t.Errorf("before the commit a reader sees %q", got)
		}
		if err := upload.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, to); got != "second" {
			t.Errorf("after the commit a reader sees %q", got)
		}
	})
	t.Run("a reader of the old version keeps it", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		object, err := to.Open(t.Context(), dataName)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = object.Close() }()
		put(t, to, "second, and longer")
		got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
		if err != nil || string(got) != "first" {
			t.Errorf("the open object now holds %q (%v)", got, err)
		}
	})
	t.Run("abort keeps the old version; after a commit it does nothing", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		upload := begin(t, to, "second")
		if err := upload.Abort(); err != nil {
			t.Fatal(err)
		}
		if err := upload.Abort(); err != nil {
			t.Errorf("a second Abort failed: %v", err)
		}
		if err := upload.Commit(t.Context()); err == nil {
			t.Error("a commit after Abort succeeded")
		}
		if got := read(t, to); got != "first" {
			t.Errorf("a reader sees %q", got)
		}
		upload = begin(t, to, "third")
		if err := errors.Join(upload.Commit(t.Context()), upload.Abort()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, to); got != "third" {
			t.Errorf("after Commit and Abort a reader sees %q", got)
		}
	})
	t.Run("a context that has ended commits nothing", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		upload := begin(t, to, "second")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := upload.Commit(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Commit gave %v", err)
		}
		if got := read(t, to); got != "first" {
			t.Errorf("a reader sees %q", got)
		}
	})
	t.Run("the second run is told of the first, and may go on after it", func(t *testing.T) {
		to := open(t)
		unlock, err := to.Lock(t.Context(), "run-one")
		if err != nil {
			t.Fatal(err)
		}
		_, err = to.Lock(t.Context(), "run-two")
		if !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run-one") {
			t.Errorf("the second Lock gave %v", err)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		unlock, err = to.Lock(t.Context(), "run-three")
		if err != nil {
			t.Fatal(err)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
	})
}

func begin(t *testing.T, to exporter.Destination, text string) exporter.Upload {
	t.Helper()
	upload, err := to.Create(t.Context(), dataName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(upload, text); err != nil {
		t.Fatal(err)
	}
	return upload
}

func put(t *testing.T, to exporter.Destination, text string) {
	t.Helper()
	if err := begin(t, to, text).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, from exporter.Destination) string {
	t.Helper()
	object, err := from.Open(t.Context(), dataName)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = object.Close() }()
	got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestFolderKeepsTheContract(t *testing.T) {
	contract(t, func(t *testing.T) exporter.Destination {
		folder, err := Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return folder
	})
}

// The new version is on disk before its name, and its name before Commit returns.
func TestCommitSyncsBeforeAndAfterTheRename(t *testing.T) {
	var calls []string
	folder := NewFolder(t.TempDir())
	system := realSystem()
	folder.sys.sync = func(f *os.File) error { calls = append(calls, "sync"); return system.sync(f) }
	folder.sys.rename = func(a, b string) error { calls = append(calls, "rename"); return system.rename(a, b) }
	folder.sys.syncFolder = func(dir string) error { calls = append(calls, "sync folder"); return system.syncFolder(dir) }
	put(t, folder, "text")
	if want := []string{"sync", "rename", "sync folder"}; !slices.Equal(calls, want) {
		t.Errorf("the commit did %q, want %q", calls, want)
	}
}

func TestAFailingSyncOrRenameKeepsTheOldVersion(t *testing.T) {
	broken := errors.New("broken")
	for name, breakIt := range map[string]func(*system){
		"sync":   func(s *system) { s.sync = func(*os.File) error { return broken } },
		"rename": func(s *system) { s.rename = func(string, string) error { return broken } },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, NewFolder(dir), "old")
			folder := NewFolder(dir)
			breakIt(&folder.sys)
			if err := begin(t, folder, "new").Commit(t.Context()); !errors.Is(err, broken) {
				t.Errorf("Commit gave %v", err)
			}
			if got := read(t, folder); got != "old" {
				t.Errorf("a reader sees %q", got)
			}
			checkLitter(t, dir)
		})
	}
}

func TestLockRemovesOurLeftoversAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	ours := temporaryName(dataName)
	others := []string{"notes.txt", ".inbox_conversations.parquet.tmp", ".x.lemexport-tmp", "report.parquet"}
	for _, name := range append(slices.Clone(others), ours) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := NewFolder(dir).Lock(t.Context(), "run")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("the folder holds %q, want %q", left, others)
	}
}

func TestTemporaryNamesMatchNoDataGlob(t *testing.T) {
	name := temporaryName(dataName)
	for _, glob := range []string{"*.parquet", ".*.parquet", "*.arrow"} {
		if ok, err := filepath.Match(glob, name); err != nil || ok {
			t.Errorf("%s matches %s", name, glob)
		}
	}
}

func TestANewVersionKeepsThePermissionOfTheOld(t *testing.T) {
	dir := t.TempDir()
	put(t, NewFolder(dir), "old")
	path := filepath.Join(dir, dataName)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	put(t, NewFolder(dir), "new")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o640 {
		t.Errorf("the permission is now %o", info.Mode().Perm())
	}
}

func TestALinkIsFollowedAndStays(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	pointed := filepath.Join(elsewhere, "real.parquet")
	if err := os.WriteFile(pointed, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, dataName)
	if err := os.Symlink(pointed, link); err != nil {
		t.Fatal(err)
	}
	put(t, NewFolder(dir), "new")
	got, err := os.ReadFile(pointed)
	if err != nil || string(got) != "new" {
		t.Errorf("the link's target holds %q (%v)", got, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v (%v)", info, err)
	}
	checkLitter(t, dir)
}

func TestWhatStandsInTheWayIsNamed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, dataName), 0o755); err != nil {
		t.Fatal(err)
	}
	_, folderInTheWay := NewFolder(dir).Create(t.Context(), dataName)
	_, openFolder := NewFolder(dir).Open(t.Context(), dataName)
	_, underFile := NewFolder(filepath.Join(file, "out")).Lock(t.Context(), "run")
	_, tooLong := NewFolder(filepath.Join(dir, strings.Repeat("x", 300))).Lock(t.Context(), "run")
	_, noScratch := NewScratch(filepath.Join(dir, "missing")).File()
	for what, err := range map[string]error{
		"a folder in the way": folderInTheWay, "a path through a file": underFile,
		"a long name": tooLong, "no folder for temporary files": noScratch,
	} {
		if err == nil || exporter.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", what, err, exporter.Hint(err))
		}
	}
	if openFolder == nil {
		t.Error("a folder was opened as a file")
	}
}

func TestLocations(t *testing.T) {
	for location, want := range map[string]string{
		"out":                       "out/x",
		"./out/":                    "out/x",
		"/data/out":                 "/data/out/x",
		"file:///data/my%20out":     "/data/my out/x",
		"file://localhost/data/out": "/data/out/x",
		".":                         "x",
	} {
		to, err := Open(location)
		if err != nil {
			t.Errorf("Open(%q): %v", location, err)
			continue
		}
		if got := to.URL("x"); got != want {
			t.Errorf("Open(%q) is at %q, want %q", location, got, want)
		}
	}
	for _, location := range []string{"s3://bucket/x", "gs://bucket", "file://host/x", "ftp://x"} {
		if _, err := Open(location); !errors.Is(err, ErrUnsupported) {
			t.Errorf("Open(%q) gave %v", location, err)
		}
	}
}

func TestScratchReadsWhatWasAppendedAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	file, err := NewScratch(dir).File()
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for i := range 2000 {
		part := strings.Repeat(fmt.Sprint(i, ","), i%500)
		want.WriteString(part)
		if _, err := io.WriteString(file, part); err != nil {
			t.Fatal(err)
		}
		if i%400 == 0 {
			got, err := io.ReadAll(io.NewSectionReader(file, 0, int64(want.Len())))
			if err != nil || string(got) != want.String() {
				t.Fatalf("after %d parts the file does not hold what was written (%v)", i, err)
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) > 0 {
		t.Errorf("%s can be seen", entries[0].Name())
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

func TestADeadHolderHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	cmd, lines, _ := start(t, "holder", dir)
	if !lines.Scan() {
		t.Fatal("the holder did not get the lock")
	}
	_, err := NewFolder(dir).Lock(t.Context(), "second")
	if !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint("process ", cmd.Process.Pid)) {
		t.Errorf("while it lives, Lock gave %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the holder ended by itself")
	}
	unlock, err := NewFolder(dir).Lock(t.Context(), "third")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	checkLitter(t, dir)
}
