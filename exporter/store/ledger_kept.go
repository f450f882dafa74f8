package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
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
		if there, err := os.Lstat(k.path); err == nil && os.SameFile(k.info, there) {
			return there.Size(), nil
		}
		_ = k.close()
	}
	if k.file, err = private.Open(k.path, os.O_CREATE|os.O_RDWR); err != nil {
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

// lock waits for its turn, until ctx ends or the time is up.
func (g *guard) lock(ctx context.Context, patience time.Duration) error {
	if locked, err := g.try(); locked || err != nil { // as a rule
		return err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	poll := time.NewTicker(ledgerPoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return &fs.PathError{Op: "lock", Path: g.path, Err: context.Cause(ctx)}
		case <-late.C:
			return exporter.WithHint(&fs.PathError{Op: "lock", Path: g.path, Err: os.ErrDeadlineExceeded},
				"A process that was stopped holds it: let it go on, or end it.")
		case <-poll.C:
		}
		if locked, err := g.try(); locked || err != nil {
			return err
		}
	}
}

// try locks the file that is at the path now, unless another process holds it.
func (g *guard) try() (bool, error) {
	if g.file == nil {
		if _, err := g.open(); err != nil {
			return false, err
		}
	}
	locked, err := disk.TryLock(g.file)
	switch {
	case err != nil:
		return false, &fs.PathError{Op: "lock", Path: g.path, Err: err}
	case !locked:
		return false, nil
	}
	// The file may have been removed in the meantime: see sweep.
	if there, err := os.Lstat(g.path); err == nil && os.SameFile(g.info, there) {
		return true, nil
	}
	return false, g.close() // which unlocks it
}

func (g *guard) unlock() error { return disk.Unlock(g.file) }

// lock waits for its turn to change the ledger of a name; close ends it.
func (l *Ledger) lock(ctx context.Context, name string, patience time.Duration) (*guard, error) {
	g := l.guardOf(name)
	if err := g.lock(ctx, patience); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return &g, nil
}

func (l *Ledger) guardOf(name string) guard { return guard{kept{path: l.path(name + ledgerLock)}} }
