package rows

import (
	"bytes"
	"errors"
)

// Spill is a temporary file that is not made before it has more than so many bytes: until then
// they are in memory.
type Spill struct {
	most int
	open func() (TempFile, error)
	head []byte
	file TempFile
}

// NewSpill returns an empty file of at most so many bytes in memory. More of them go to the
// file that open returns, which is closed with this one.
func NewSpill(most int, open func() (TempFile, error)) *Spill {
	return &Spill{most: most, open: open}
}

// Write appends.
func (s *Spill) Write(p []byte) (int, error) {
	if s.file == nil && len(s.head)+len(p) <= s.most {
		s.head = append(s.head, p...)
		return len(p), nil
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

// spill moves what is in memory to a file.
func (s *Spill) spill() error {
	file, err := s.open()
	if err != nil {
		return err
	}
	if _, err := file.Write(s.head); err != nil {
		return errors.Join(err, file.Close())
	}
	s.file, s.head = file, nil
	return nil
}

// ReadAt reads what was appended so far.
func (s *Spill) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, at)
	}
	return bytes.NewReader(s.head).ReadAt(p, at)
}

// Close closes the file if there is one.
func (s *Spill) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
