package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/storecontract"
)

// The content is on disk before the name, and the name before Commit returns.
func TestCommitSyncsBeforeAndAfterTheRename(t *testing.T) {
	var calls []string
	folder := New(t.TempDir())
	system := realSystem()
	folder.sys.sync = func(f *os.File) error { calls = append(calls, "sync"); return system.sync(f) }
	folder.sys.rename = func(a, b string) error { calls = append(calls, "rename"); return system.rename(a, b) }
	folder.sys.link = func(a, b string) error { calls = append(calls, "link"); return system.link(a, b) }
	folder.sys.syncFolder = func(dir string) error { calls = append(calls, "sync folder"); return system.syncFolder(dir) }
	for _, name := range []string{"link", "rename"} { // a new file, then one that is replaced
		calls = nil
		storecontract.Put(t, folder, "text")
		if want := []string{"sync", name, "sync folder"}; !slices.Equal(calls, want) {
			t.Errorf("the commit did %q, want %q", calls, want)
		}
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
			storecontract.Put(t, New(dir), "old")
			folder := New(dir)
			breakIt(&folder.sys)
			if err := beginNew(t, folder).Commit(t.Context()); !errors.Is(err, broken) {
				t.Errorf("Commit gave %v", err)
			}
			if got := storecontract.Read(t, folder, dataName); got != "old" {
				t.Errorf("a reader sees %q", got)
			}
			checkLitter(t, dir)
		})
	}
}

// The file is never missing, and never a part of a version.
func TestAReaderAlwaysFindsAWholeFile(t *testing.T) {
	folder := New(t.TempDir())
	// Without syncs, more replacements fit into a second.
	folder.sys.sync = func(*os.File) error { return nil }
	folder.sys.syncFolder = func(string) error { return nil }
	versions := []string{strings.Repeat("old", 100<<10), strings.Repeat("newer", 100<<10)}
	storecontract.Put(t, folder, versions[0])
	ctx, stop := context.WithCancel(t.Context())
	reads, seen := 0, make(chan error, 1)
	go func() {
		for ; ctx.Err() == nil; reads++ {
			size, err := sizeOf(ctx, folder)
			if err != nil || size != len(versions[0]) && size != len(versions[1]) {
				seen <- fmt.Errorf("after %d reads the file has %d bytes (%w)", reads, size, err)
				return
			}
		}
		seen <- nil
	}()
	for i := range 200 {
		storecontract.Put(t, folder, versions[i%2])
	}
	stop()
	if err := <-seen; err != nil {
		t.Error(err)
	} else if reads < 100 {
		t.Errorf("%d reads only: the test does not test", reads)
	}
}

func sizeOf(ctx context.Context, folder *Folder) (int, error) {
	object, err := folder.Open(ctx, dataName)
	if err != nil {
		return 0, err
	}
	return int(object.Size()), object.Close()
}

// The rename cannot be undone, so the error must not say that nothing happened.
func TestAFolderThatCannotBeSyncedSaysThatTheNewVersionIsThere(t *testing.T) {
	folder := New(t.TempDir())
	storecontract.Put(t, folder, "old")
	folder.sys.syncFolder = func(string) error { return syscall.ENOSPC }
	upload := beginNew(t, folder)
	err := upload.Commit(t.Context())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the new version is in place") || strings.Contains(exporter.Hint(err), "as it was") {
		t.Errorf("error %v, hint %q", err, exporter.Hint(err))
	}
	if err := upload.Abort(); err != nil {
		t.Error(err)
	}
	if got := storecontract.Read(t, folder, dataName); got != "new" {
		t.Errorf("a reader sees %q", got)
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
	storecontract.Put(t, New(dir), "old")
	path := filepath.Join(dir, dataName)
	for _, perm := range []os.FileMode{0o600, 0o666, 0o440} {
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		upload := beginNew(t, New(dir)).(*upload)
		if info, err := upload.file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("while it is written the permission is %v (%v)", info.Mode(), err)
		}
		if err := upload.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != perm {
			t.Errorf("the permission is now %v, want %v (%v)", info.Mode(), perm, err)
		}
	}
}

func TestCreateMakesTheFolder(t *testing.T) {
	folder := New(filepath.Join(t.TempDir(), "a", "b"))
	storecontract.Put(t, folder, "text")
	if got := storecontract.Read(t, folder, dataName); got != "text" {
		t.Errorf("a reader sees %q", got)
	}
}

func TestErrorsOfThePathHaveHints(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, dataName), 0o755); err != nil {
		t.Fatal(err)
	}
	_, folderInTheWay := New(dir).Create(t.Context(), dataName, "")
	_, openFolder := New(dir).Open(t.Context(), dataName)
	_, underFile := New(filepath.Join(file, "out")).Lock(t.Context(), "run")
	_, tooLong := New(filepath.Join(dir, strings.Repeat("x", 300))).Lock(t.Context(), "run")
	for what, err := range map[string]error{
		"a folder in the way": folderInTheWay, "a path through a file": underFile,
		"a folder that is read": openFolder, "a long name": tooLong,
	} {
		if err == nil || exporter.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", what, err, exporter.Hint(err))
		}
	}
}

func TestAFolderThatCanBeMadeIsWritableAndIsNotMade(t *testing.T) {
	there := t.TempDir()
	for name, dir := range map[string]string{"there": there, "to be made": filepath.Join(there, "a", "b")} {
		if err := New(dir).CheckWritable(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	file := filepath.Join(there, "file")
	writeFile(t, file, "")
	if err := New(filepath.Join(file, "out")).CheckWritable(); err == nil || !strings.Contains(exporter.Hint(err), "is a file, not a folder") {
		t.Errorf("in a file: %v", err)
	}
	if entries, err := os.ReadDir(there); err != nil || len(entries) != 1 {
		t.Errorf("something was made: %v, %v", entries, err)
	}
}
