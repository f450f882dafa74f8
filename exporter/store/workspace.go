package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/lemexport/lemexport/exporter"
)

// Workspace is a folder that only its owner can read: journals hold what the
// API sent, personal data included.
type Workspace struct{ dir string }

const (
	workspacePerm = 0o700
	journalPerm   = 0o600
	journalEnding = ".journal"
	// lockEnding is of the file that is locked: on Windows a locked file cannot be
	// written through another handle.
	lockEnding = ".lock"
	// journalAge is how long a journal that nobody continues is kept.
	journalAge = 7 * 24 * time.Hour
)

// NewWorkspace is the workspace in dir. The folder is made when it is needed.
func NewWorkspace(dir string) *Workspace { return &Workspace{dir: dir} }

// Journal implements exporter.Workspace. Journals of other runs that nobody has
// continued for a week are removed.
func (w *Workspace) Journal(name string, fresh bool) (exporter.Journal, error) {
	if err := os.MkdirAll(w.dir, workspacePerm); err != nil {
		return nil, explain(err)
	}
	path := filepath.Join(w.dir, name+journalEnding)
	lock, err := tryJournal(path)
	if err != nil {
		return nil, explain(err)
	}
	if lock == nil {
		return nil, exporter.WithHint(fmt.Errorf("%s: %w", path, exporter.ErrBusy),
			"Another run of the same configuration is under way. Wait until it ends, or stop it.")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|noFollow, journalPerm) //nolint:gosec // the workspace is where the user says
	if err != nil {
		return nil, errors.Join(explain(err), release(lock))
	}
	j := &journal{dir: w.dir, lock: lock, file: file}
	if fresh {
		err = file.Truncate(0)
	}
	if err := errors.Join(err, w.clean(path)); err != nil {
		return nil, errors.Join(explain(err), j.Close())
	}
	return j, nil
}

// tryJournal locks a journal; nil is one that another run holds.
func tryJournal(path string) (*flock.Flock, error) {
	for {
		lock := flock.New(path+lockEnding, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(journalPerm))
		locked, err := lock.TryLock()
		switch {
		case err != nil:
			return nil, fmt.Errorf("lock: %w", err)
		case !locked:
			return nil, lock.Close()
		case current(lock):
			return lock, nil
		}
		// It was removed in between.
		if err := lock.Close(); err != nil {
			return nil, err
		}
	}
}

// clean removes journals that nobody continues.
func (w *Workspace) clean(but string) error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(w.dir, entry.Name())
		info, err := entry.Info()
		if err != nil || path == but || !strings.HasSuffix(path, journalEnding) || !info.Mode().IsRegular() ||
			time.Since(info.ModTime()).Abs() < journalAge {
			continue
		}
		lock, err := tryJournal(path)
		if err != nil {
			return err
		}
		if lock == nil {
			continue
		}
		if err := errors.Join(os.Remove(path), release(lock)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
