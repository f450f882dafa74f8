package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/lemexport/lemexport/exporter"
)

// lockName is the file that a run holds in its destination. The kernel frees
// the lock on it when the process dies, however it dies; the file itself is
// then a leftover that the next run takes over.
const lockName = ".lemexport.lock"

// holder is what the lock file says about its run.
type holder struct {
	RunID   string    `json:"run_id"`
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started_at"`
}

// Lock makes the folder if need be, claims it and removes what crashed runs
// left in it: their temporary files and nothing else.
func (f *Folder) Lock(ctx context.Context, runID string) (func() error, error) {
	if err := os.MkdirAll(f.dir, 0o777); err != nil { //nolint:gosec // less the umask
		return nil, explain(err)
	}
	lock, err := f.claim(ctx)
	if err != nil {
		return nil, err
	}
	unlock := func() error { return errors.Join(os.Remove(lock.Path()), lock.Close()) }
	if err := errors.Join(f.sign(lock, runID), f.sweep()); err != nil {
		return nil, errors.Join(explain(err), unlock())
	}
	return unlock, nil
}

// claim locks the lock file. A holder removes the file before it frees the
// lock, so a lock may turn out to be on a file that is gone: then the next one
// is tried.
func (f *Folder) claim(ctx context.Context) (*flock.Flock, error) {
	path := f.path(lockName)
	for ctx.Err() == nil {
		lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
		locked, err := lock.TryLock()
		if err != nil {
			return nil, explain(err)
		}
		if !locked {
			busy, gone := f.busy(path)
			if gone {
				continue
			}
			return nil, busy
		}
		if current(lock, path) {
			return lock, nil
		}
		if err := lock.Close(); err != nil {
			return nil, err
		}
	}
	return nil, ctx.Err()
}

// current reports whether the locked file is still the one at path.
func current(lock *flock.Flock, path string) bool {
	ours, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(ours, there)
}

// busy is the error of a folder that another run holds; gone says that it has
// just let go.
func (f *Folder) busy(path string) (err error, gone bool) {
	body, err := os.ReadFile(path) //nolint:gosec // our own lock file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true
	}
	var other holder
	if err != nil || json.Unmarshal(body, &other) != nil {
		return exporter.WithHint(fmt.Errorf("%s: %w", f.dir, exporter.ErrBusy), "It has just begun. Wait until it ends, then try again."), false
	}
	return exporter.WithHint(
		fmt.Errorf("%s: %w: run %s (process %d on %s, since %s)", f.dir, exporter.ErrBusy,
			other.RunID, other.PID, other.Host, other.Started.Format(time.RFC3339)),
		"Wait until it ends, or stop it, then try again."), false
}

// sign writes into the lock file whose it is.
func (f *Folder) sign(lock *flock.Flock, runID string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	body, err := json.Marshal(holder{RunID: runID, PID: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return os.WriteFile(lock.Path(), body, 0o666) //nolint:gosec // less the umask; it holds no secret
}

// sweep removes the temporary files of crashed runs.
func (f *Folder) sweep() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !temporary.MatchString(entry.Name()) || !entry.Type().IsRegular() {
			continue
		}
		if err := os.Remove(f.path(entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
