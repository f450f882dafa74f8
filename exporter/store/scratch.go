package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// Scratch makes temporary files that only this process can see.
type Scratch struct{ dir string }

// NewScratch makes files in dir; "" is the system's folder for temporary files.
func NewScratch(dir string) *Scratch { return &Scratch{dir: dir} }

// File returns an empty file. Where the system allows it the file has no name
// any more, so that it vanishes with the process, however that ends.
func (s *Scratch) File() (exporter.ScratchFile, error) { return newTemp(s.dir) }

// Room implements exporter.Scratch. A folder whose room is not known has enough.
func (s *Scratch) Room(least int64) error {
	dir := s.dir
	if dir == "" {
		dir = os.TempDir()
	}
	room, err := roomIn(dir)
	if err != nil || least <= 0 || room >= uint64(least) {
		return nil //nolint:nilerr // what is wrong with the folder shows when a file is made in it
	}
	return exporter.WithHint(fmt.Errorf("%s has room for %d MB, and the rows need %d MB at the very least", dir, room/1e6, (least+999_999)/1e6),
		scratchHint(dir))
}

// scratchPattern names temporary files, for the moment that they have a name.
const scratchPattern = ".lemexport-*.scratch"

// scratchAge is when a temporary file with a name must be a crashed run's. Where
// files keep their names while they are open, the system refuses to remove them.
const scratchAge = time.Hour

func newTemp(dir string) (*scratchFile, error) {
	file, err := os.CreateTemp(dir, scratchPattern)
	if err != nil {
		return nil, explainScratch(err, dir)
	}
	sweepTemp(filepath.Dir(file.Name()))
	return &scratchFile{file: file, dir: dir, named: os.Remove(file.Name()) != nil}, nil
}

// sweepTemp removes temporary files that crashed runs have left. It is not what
// the run is about, so that a failure is none of it.
func sweepTemp(dir string) {
	left, err := filepath.Glob(filepath.Join(dir, scratchPattern))
	if err != nil {
		return
	}
	for _, path := range left {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > scratchAge {
			_ = os.Remove(path)
		}
	}
}

// scratchFile buffers what is appended; a read sees all of it. The file is a
// field, since its other ways to write would pass by the buffer.
type scratchFile struct {
	file  *os.File
	dir   string
	named bool

	mu      sync.Mutex // reads may be parallel, and flush
	pending []byte
	failed  error // of a write; what follows it would be in the wrong place
}

// scratchBuffer is the size of the buffer of a scratch file.
const scratchBuffer = 256 << 10

// Write appends.
func (s *scratchFile) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending)+len(p) > scratchBuffer {
		s.flush()
	}
	if s.failed != nil {
		return 0, s.failed
	}
	if len(p) < scratchBuffer {
		s.pending = append(s.pending, p...)
		return len(p), nil
	}
	n, err := s.file.Write(p)
	s.failed = explainScratch(err, s.dir)
	return n, s.failed
}

// ReadAt reads what was appended so far.
func (s *scratchFile) ReadAt(p []byte, offset int64) (int, error) {
	s.mu.Lock()
	s.flush()
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return 0, failed
	}
	return s.file.ReadAt(p, offset)
}

// flush writes what is pending; after a failure nothing ever is.
func (s *scratchFile) flush() {
	if len(s.pending) == 0 {
		return
	}
	_, err := s.file.Write(s.pending)
	s.pending, s.failed = s.pending[:0], explainScratch(err, s.dir)
}

// Close frees the file.
func (s *scratchFile) Close() error {
	err := s.file.Close()
	if s.named {
		if removed := os.Remove(s.file.Name()); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}
