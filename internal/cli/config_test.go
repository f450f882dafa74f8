package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that a configuration names is read up to a limit; what is no file is an error.
func TestReadFileOfAConfiguration(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, []byte("123456"), 0o600); err != nil {
		t.Fatal(err)
	}
	if body, err := ReadFile(name, 4); err != nil || string(body) != "1234" {
		t.Errorf("got %q, %v", body, err)
	}
	if _, err := ReadFile(name+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	for path, want := range map[string]string{filepath.Dir(name): "a folder", os.DevNull: "not a regular file"} {
		if _, err := ReadFile(path, 4); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
