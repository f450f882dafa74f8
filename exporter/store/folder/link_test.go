package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// linked is a folder whose data file is a link to a file elsewhere, with a name that we
// would not choose.
func linked(t *testing.T) (dir, elsewhere, pointed string) {
	t.Helper()
	dir, elsewhere = t.TempDir(), t.TempDir()
	pointed = filepath.Join(elsewhere, "my-data.v1.parquet")
	writeFile(t, pointed, "old")
	link(t, pointed, filepath.Join(dir, dataName))
	return dir, elsewhere, pointed
}

func TestALinkIsFollowedAndStays(t *testing.T) {
	dir, elsewhere, pointed := linked(t)
	put(t, New(dir), "new")
	got, err := os.ReadFile(pointed)
	if err != nil || string(got) != "new" {
		t.Errorf("the link's target holds %q (%v)", got, err)
	}
	if info, err := os.Lstat(filepath.Join(dir, dataName)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v (%v)", info, err)
	}
	checkLitter(t, dir)
	checkLitter(t, elsewhere, "my-data.v1.parquet")
}

func TestLeftoversBesideALinkedFileAreRemovedToo(t *testing.T) {
	dir, elsewhere, _ := linked(t)
	writeFile(t, filepath.Join(elsewhere, temporaryName(dataName)), "of a crashed run")
	writeFile(t, filepath.Join(elsewhere, lockName), "")
	upload := begin(t, New(dir), "new").(*upload)
	if name := filepath.Base(upload.file.Name()); !temporary.MatchString(name) {
		t.Errorf("%s would stay behind after a crash", name)
	}
	if err := upload.Abort(); err != nil {
		t.Fatal(err)
	}
	checkLitter(t, elsewhere, "my-data.v1.parquet")
}

func TestTheFolderOfALinkedFileIsLocked(t *testing.T) {
	dir, elsewhere, pointed := linked(t)
	unlock, err := New(elsewhere).Lock(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir).Create(t.Context(), dataName, ""); !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run other") {
		t.Errorf("Create gave %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}

	// A run that has locked both folders does not wait for itself.
	both := []*Folder{New(dir), New(elsewhere)}
	for _, folder := range both {
		unlock, err := folder.Lock(t.Context(), "same")
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := unlock(); err != nil {
				t.Error(err)
			}
		}()
	}
	put(t, both[0], "new")
	if got, err := os.ReadFile(pointed); err != nil || string(got) != "new" {
		t.Errorf("the link's target holds %q (%v)", got, err)
	}
	if _, err := New(elsewhere).Lock(t.Context(), "third"); !errors.Is(err, exporter.ErrBusy) {
		t.Errorf("the upload freed a lock that it did not take: %v", err)
	}
}

func TestALinkWithinTheFolderNeedsNoSecondLock(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "v1.parquet"), "old")
	link(t, "v1.parquet", filepath.Join(dir, dataName))
	folder := New(dir)
	unlock, err := folder.Lock(t.Context(), "run")
	if err != nil {
		t.Fatal(err)
	}
	put(t, folder, "new")
	if err := unlock(); err != nil {
		t.Error(err)
	}
	checkLitter(t, dir, "v1.parquet")
}

func TestALinkToNoFileIsRefused(t *testing.T) {
	for name, target := range map[string]string{"a folder": t.TempDir(), "nothing": filepath.Join(t.TempDir(), "missing")} {
		dir := t.TempDir()
		link(t, target, filepath.Join(dir, dataName))
		if _, err := New(dir).Create(t.Context(), dataName, ""); err == nil || exporter.Hint(err) == "" {
			t.Errorf("a link to %s: error %v, hint %q", name, err, exporter.Hint(err))
		}
		checkLitter(t, dir)
	}
}

// A user who may write to the folder must not choose a file that we overwrite.
func TestALockFileThatIsALinkIsRefused(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(t.TempDir(), "victim")
	writeFile(t, victim, "precious")
	link(t, victim, filepath.Join(dir, lockName))
	if _, err := New(dir).Lock(t.Context(), "run"); err == nil || exporter.Hint(err) == "" {
		t.Errorf("Lock gave %v", err)
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
		t.Errorf("the file the link points to holds %q (%v)", got, err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
