package store

import (
	"fmt"
	"os"

	"github.com/lemexport/lemexport/internal/private"
)

// fileLock is a file that this process holds locked. The kernel frees the lock when the
// process dies, however it dies.
type fileLock struct{ file *os.File }

// lockFile locks a private file, which is made if there is none. It gives nil when
// another process holds the lock, or held it a moment ago: a holder removes the file
// before it frees the lock, so a lock may turn out to be on a file that is gone, and would
// then exclude nobody.
func lockFile(path string, flag int) (*fileLock, error) {
	file, err := private.Open(path, flag|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	lock := &fileLock{file}
	locked, err := tryLockFile(file)
	if err != nil {
		err = fmt.Errorf("lock: %w", &os.PathError{Op: "lock", Path: path, Err: err})
	}
	if err != nil || !locked || !lock.current() {
		_ = lock.close()
		return nil, err
	}
	return lock, nil
}

// current reports whether the locked file is still the one at its path.
func (l *fileLock) current() bool { return isAt(l.file, l.file.Name()) }

// isAt reports whether an open file is the one at a path.
func isAt(file *os.File, path string) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(ours, there)
}

// close frees the lock, and leaves the file.
func (l *fileLock) close() error { return l.file.Close() }
