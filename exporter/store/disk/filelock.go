package disk

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/lemexport/lemexport/internal/private"
)

// FileLock is a file that this process holds locked. The kernel frees the lock when the
// process dies, however it dies.
type FileLock struct{ file *os.File }

// Lock locks a private file; with os.O_CREATE as flag it makes the file if there is none.
// The lock is nil when another process holds it, or held it a moment ago: a process
// removes the file before it frees the lock, so a lock may turn out to be on a file that
// is gone, and would then exclude nobody.
func Lock(path string, flag int) (*FileLock, error) {
	file, err := private.Open(path, flag|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	lock := &FileLock{file}
	locked, err := TryLock(file)
	if err != nil {
		err = fmt.Errorf("lock: %w", &os.PathError{Op: "lock", Path: path, Err: err})
	}
	if err != nil || !locked || !lock.Current() {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}

// Path is where the file was when it was locked.
func (l *FileLock) Path() string { return l.file.Name() }

// Current reports whether the locked file is still the one at its path.
func (l *FileLock) Current() bool {
	locked, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(l.Path())
	return err == nil && os.SameFile(locked, there)
}

// WriteText writes the text of the lock file over the one before. Other processes can
// read it with [ReadText].
func (l *FileLock) WriteText(text []byte) error {
	_, err := l.file.WriteAt(text, textOffset)
	return err
}

// ReadText reads at most size bytes of the text of a lock file, whoever holds the lock.
func ReadText(path string, size int64) (text []byte, err error) {
	file, err := private.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.NewSectionReader(file, textOffset, size))
}

// Close frees the lock, and leaves the file.
func (l *FileLock) Close() error { return l.file.Close() }
