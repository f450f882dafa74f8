package rows

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// What was written is read, from memory or from a file, which is made for the first byte that
// does not fit.
func TestASpillIsAFileThatIsMadeLate(t *testing.T) {
	made := 0
	s := NewSpill(10, func() (TempFile, error) {
		made++
		return tempFile(t, t.TempDir()), nil
	})
	var want []byte
	for i, part := range []string{"12345", "67890", "a", "bcdefghijklmnop"} {
		if n, err := s.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("%d written, %v", n, err)
		}
		want = append(want, part...)
		for at := range want {
			got := make([]byte, len(want)-at)
			if _, err := s.ReadAt(got, int64(at)); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(got, want[at:]) {
				t.Fatalf("from %d: %q, %v, want %q", at, got, err, want[at:])
			}
		}
		if n, err := s.ReadAt(make([]byte, 5), int64(len(want)-2)); n != 2 || !errors.Is(err, io.EOF) {
			t.Errorf("across the end: %d bytes, %v", n, err)
		}
		if fits := len(want) <= 10; (made == 0) != fits || made > 1 {
			t.Errorf("part %d: %d files for %d bytes", i, made, len(want))
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestASpillWithoutAFileFails(t *testing.T) {
	broken := errors.New("no file")
	s := NewSpill(3, func() (TempFile, error) { return nil, broken })
	if _, err := s.Write([]byte("123")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("4")); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
