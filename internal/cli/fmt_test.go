package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

func TestFmtKeepsModeAndLinksAndLeavesNoLitter(t *testing.T) {
	c := newConsole("")
	c.FormatConfig = func(file SourceFile) ([]byte, exporter.Diagnostics) { return bytes.ToUpper(file.Bytes), nil }
	dir := t.TempDir()
	target, link := filepath.Join(dir, "real.txt"), filepath.Join(dir, "main.hcl")
	if err := os.WriteFile(target, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(target, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.txt", link); err != nil {
		t.Skip(err)
	}
	if status := c.Main(t.Context(), []string{"fmt", dir}); status != 0 {
		t.Fatalf("exit %d: %s", status, &c.err)
	}
	body, err := os.ReadFile(target)
	if err != nil || string(body) != "TEXT" {
		t.Errorf("%q, %v", body, err)
	}
	info, err := os.Lstat(target)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFilesThatAreNoConfigurationAreRefused(t *testing.T) {
	c := newConsole("")
	dir := t.TempDir()
	huge := filepath.Join(dir, "huge.hcl")
	if err := os.WriteFile(huge, make([]byte, maxSource+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if status := c.Main(t.Context(), []string{"fmt", huge}); status != exporter.ExitError {
		t.Errorf("exit %d", status)
	}
	if info, err := os.Stat(huge); err != nil || info.Size() != maxSource+1 {
		t.Errorf("the file changed: %v, %v", info, err)
	}
}

func TestConfigFilesOfAFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.hcl", "a.hcl", ".hidden.hcl", "a.hcl~", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.hcl"), 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := readConfig(dir)
	if err != nil || len(files) != 2 || filepath.Base(files[0].Name) != "a.hcl" || filepath.Base(files[1].Name) != "b.hcl" {
		t.Errorf("%v, %v", files, err)
	}
}
