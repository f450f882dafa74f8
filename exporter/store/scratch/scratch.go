// Package scratch makes temporary files that vanish with the process. Rows, and files on
// their way to or from an object store, are kept in them. It imports exporter and store/disk.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
)

// Scratch makes temporary files that only this process can see.
type Scratch struct{ dir string }

// New makes files in dir; "" is the system's folder for temporary files.
func New(dir string) *Scratch { return &Scratch{dir: dir} }

const (
	// pattern names temporary files while they have a name.
	pattern = ".lemexport-*.scratch"
	// staleAge is the age from which a named temporary file belongs to a crashed run.
	// Systems that keep the names of open files refuse to remove them.
	staleAge = time.Hour
)

// File returns an empty file. Where the system allows it, the file has no name any more
// and vanishes with the process, however the process ends.
func (s *Scratch) File() (exporter.ScratchFile, error) {
	made, err := os.CreateTemp(s.dir, pattern)
	if err != nil {
		return nil, explain(err, s.dir)
	}
	removeStale(filepath.Dir(made.Name()))
	return &file{file: made, dir: s.dir, named: os.Remove(made.Name()) != nil}, nil
}

// removeStale removes the temporary files of crashed runs. It ignores errors: the run
// does not depend on it.
func removeStale(dir string) {
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return
	}
	for _, path := range paths {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > staleAge {
			_ = os.Remove(path)
		}
	}
}

// Room implements exporter.Scratch. When the free space is unknown, it returns no error.
func (s *Scratch) Room(least int64) error {
	dir := s.dir
	if dir == "" {
		dir = os.TempDir()
	}
	free, err := freeSpace(dir)
	if err != nil || least <= 0 || free >= uint64(least) {
		return nil //nolint:nilerr // File reports what is wrong with the folder
	}
	return exporter.WithHint(fmt.Errorf("%s has %d MB of free space, and the rows need at least %d MB", dir, free/1e6, (least+999_999)/1e6),
		hint(dir))
}

// explain adds to an error of a temporary file in dir what a person can do about it.
func explain(err error, dir string) error {
	if err == nil {
		return nil
	}
	if dir == "" {
		dir = os.TempDir()
	}
	if disk.Unwritable(err) || errors.Is(err, fs.ErrNotExist) {
		return exporter.WithHint(err, hint(dir))
	}
	return err
}

func hint(dir string) string {
	return fmt.Sprintf("During a run, rows and files on their way to or from an object store are kept in %s. Free some space there, or set TMPDIR to an existing folder that has space.", dir)
}

// file buffers writes; a read sees all of them. The *os.File is a field and not embedded,
// since its other methods would bypass the buffer.
type file struct {
	file  *os.File
	dir   string
	named bool

	mu      sync.Mutex // reads may run in parallel, and they flush
	pending []byte
	failed  error // the first failed write; later bytes would be at the wrong offset
}

// bufferSize is the size of the write buffer.
const bufferSize = 256 << 10

// Write appends.
func (f *file) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pending)+len(p) > bufferSize {
		f.flush()
	}
	if f.failed != nil {
		return 0, f.failed
	}
	if len(p) < bufferSize {
		f.pending = append(f.pending, p...)
		return len(p), nil
	}
	n, err := f.file.Write(p)
	f.failed = explain(err, f.dir)
	return n, f.failed
}

// ReadAt reads what was appended so far.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	f.mu.Lock()
	f.flush()
	failed := f.failed
	f.mu.Unlock()
	if failed != nil {
		return 0, failed
	}
	return f.file.ReadAt(p, offset)
}

// flush writes the buffer. After a failed write the buffer stays empty.
func (f *file) flush() {
	if len(f.pending) == 0 {
		return
	}
	_, err := f.file.Write(f.pending)
	f.pending, f.failed = f.pending[:0], explain(err, f.dir)
}

// Close frees the file.
func (f *file) Close() error {
	err := f.file.Close()
	if f.named {
		if removed := os.Remove(f.file.Name()); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}
