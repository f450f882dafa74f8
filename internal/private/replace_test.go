package private

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestAFileAppearsWholeOrStaysAsItWas(t *testing.T) {
	failed := errors.New("failed")
	half := func(to io.Writer) error {
		_, err := io.WriteString(to, "half")
		return errors.Join(err, failed)
	}
	for name, test := range map[string]struct {
		old   string
		to    func(string, fs.FileMode, func(io.Writer) error) (int64, error)
		write func(io.Writer) error
		want  string
		err   error
	}{
		"create":                    {"", Create, Bytes([]byte("new")), "new", nil},
		"create, failed":            {"", Create, half, "", failed},
		"create what is there":      {"old", Create, Bytes([]byte("new")), "old", fs.ErrExist},
		"created while it is being": {"", Create, nil, "other", fs.ErrExist},
		"replace":                   {"old", Replace, Bytes([]byte("new")), "new", nil},
		"replace, failed":           {"old", Replace, half, "old", failed},
		"replace nothing":           {"", Replace, Bytes([]byte("new")), "new", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			target := filepath.Join(dir, "file")
			if test.old != "" {
				must(t, os.WriteFile(target, []byte(test.old), FilePerm))
			}
			if test.write == nil {
				test.write = func(io.Writer) error { return os.WriteFile(target, []byte(test.want), FilePerm) }
			}
			size, err := test.to(target, 0, test.write)
			if !errors.Is(err, test.err) || err == nil && size != int64(len(test.want)) {
				t.Errorf("%d bytes, error %v, want %v", size, err, test.err)
			}
			if body, err := os.ReadFile(target); string(body) != test.want || (err != nil) != (test.want == "") {
				t.Errorf("%q, want %q: %v", body, test.want, err)
			}
			entries, err := os.ReadDir(dir)
			if must(t, err); len(entries) > 1 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

func TestTheErrorNamesTheFileThatWasAskedFor(t *testing.T) {
	target := filepath.Join(t.TempDir(), "nowhere", "file")
	_, err := Replace(target, 0, Bytes(nil))
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "write "+target+": ") {
		t.Errorf("%v", err)
	}
}
