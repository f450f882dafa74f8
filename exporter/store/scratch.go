package store

import (
	"errors"
	"io/fs"
	"os"

	"github.com/lemexport/lemexport/exporter"
)

// Scratch makes temporary files that only this process can see.
type Scratch struct{ dir string }

// NewScratch makes files in dir; "" is the system's folder for temporary files.
func NewScratch(dir string) *Scratch { return &Scratch{dir: dir} }

// File returns an empty file. Where the system allows it the file has no name
// any more, so that it vanishes with the process, however that ends.
func (s *Scratch) File() (exporter.ScratchFile, error) {
	file, err := os.CreateTemp(s.dir, ".lemexport-*.scratch")
	if err != nil {
		return nil, explainScratch(err)
	}
	return &scratchFile{File: file, named: os.Remove(file.Name()) != nil}, nil
}

// scratchFile buffers what is appended; a read sees all of it.
type scratchFile struct {
	*os.File
	named   bool
	pending []byte
}

// scratchBuffer is the size of the buffer of a scratch file.
const scratchBuffer = 256 << 10

// Write appends.
func (s *scratchFile) Write(p []byte) (int, error) {
	if len(s.pending)+len(p) > scratchBuffer {
		if err := s.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) >= scratchBuffer {
		n, err := s.File.Write(p)
		return n, explainScratch(err)
	}
	s.pending = append(s.pending, p...)
	return len(p), nil
}

// ReadAt reads what was appended so far.
func (s *scratchFile) ReadAt(p []byte, offset int64) (int, error) {
	if err := s.flush(); err != nil {
		return 0, err
	}
	return s.File.ReadAt(p, offset)
}

func (s *scratchFile) flush() error {
	if len(s.pending) == 0 {
		return nil
	}
	_, err := s.File.Write(s.pending)
	s.pending = s.pending[:0]
	return explainScratch(err)
}

// Close frees the file.
func (s *scratchFile) Close() error {
	err := s.File.Close()
	if s.named {
		if removed := os.Remove(s.Name()); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}
