package store

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// kept is a file of a ledger that stays open, for as long as it is the one at its
// path: another process, or a person, may have removed it.
type kept struct {
	path string
	file *os.File // nil while it is closed
	info fs.FileInfo
}

// open sees to it that the file at the path is open, and made if there is none.
// It returns its size.
func (k *kept) open() (size int64, err error) {
	if k.file != nil {
		if there, err := os.Stat(k.path); err == nil && os.SameFile(k.info, there) {
			return there.Size(), nil
		}
		_ = k.close()
	}
	if k.file, err = os.OpenFile(k.path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return 0, err
	}
	if k.info, err = k.file.Stat(); err != nil {
		return 0, errors.Join(err, k.close())
	}
	return k.info.Size(), nil
}

func (k *kept) close() error {
	if k.file == nil {
		return nil
	}
	err := k.file.Close()
	k.file = nil
	return err
}

// guard is the empty file of a ledger that is locked while its text changes.
type guard struct{ kept }

// lock waits for its turn.
func (g *guard) lock(patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; {
		if g.file == nil {
			if _, err := g.open(); err != nil {
				return err
			}
		}
		locked, err := tryLockFile(g.file)
		for ; err == nil && !locked && time.Now().Before(deadline); locked, err = tryLockFile(g.file) {
			<-time.After(ledgerPoll)
		}
		switch {
		case err != nil:
			return &fs.PathError{Op: "lock", Path: g.path, Err: err}
		case !locked:
			return &fs.PathError{Op: "lock", Path: g.path, Err: os.ErrDeadlineExceeded}
		}
		// The file may have been removed in the meantime: see sweep.
		if there, err := os.Lstat(g.path); err == nil && os.SameFile(g.info, there) {
			return nil
		}
		if err := g.close(); err != nil { // which unlocks it
			return err
		}
	}
}

func (g *guard) unlock() error { return unlockFile(g.file) }

// lock waits for its turn to change the ledger of a name; close ends it.
func (l *Ledger) lock(name string, patience time.Duration) (*guard, error) {
	g := l.guardOf(name)
	if err := g.lock(patience); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return &g, nil
}

func (l *Ledger) guardOf(name string) guard { return guard{kept{path: l.path(name + ledgerLock)}} }
