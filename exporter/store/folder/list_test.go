package folder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

const appended = "inbox_conversations/0199a1b2-0000-7000-8000-000000000001.parquet"

// A run that dies while it adds a file leaves no listed file, and the next run removes its
// temporary files.
func TestAnAppendThatDiesLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	to := New(dir)
	upload, err := to.Create(t.Context(), appended, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := upload.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "inbox_conversations", filepath.Base(temporaryName(filepath.Base(appended))))
	writeFile(t, left, "of a run that was killed")
	if err := upload.Abort(); err != nil {
		t.Fatal(err)
	}
	if names, err := to.List(t.Context(), "inbox_conversations"); err != nil || len(names) != 0 {
		t.Errorf("listed: %q (%v)", names, err)
	}
	if upload, err = to.Create(t.Context(), appended, ""); err != nil {
		t.Fatal(err)
	}
	if err := upload.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "inbox_conversations"))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

// The folder of an append is locked while a file is written.
func TestTheFolderOfAnAppendIsLocked(t *testing.T) {
	dir := t.TempDir()
	one, other := New(dir), New(filepath.Join(dir, "inbox_conversations"))
	unlock, err := one.Lock(t.Context(), "run-one")
	if err != nil {
		t.Fatal(err)
	}
	upload, err := one.Create(t.Context(), appended, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Lock(t.Context(), "run-two"); !errors.Is(err, exporter.ErrBusy) {
		t.Errorf("Lock gave %v", err)
	}
	if err := errors.Join(upload.Commit(t.Context()), unlock()); err != nil {
		t.Fatal(err)
	}
	unlock, err = other.Lock(t.Context(), "run-two")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}
