package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Ledger is a small text that the processes of one user on one machine change,
// one at a time. It is a file in a folder that nobody else may enter.
//
// Beside the text there is an empty file that is locked while the text changes,
// and one for every process, which that process holds locked until it ends,
// however it ends. So the others can tell whether it runs, in another container
// too, and a number that is used again does not fool them.
type Ledger struct {
	dir  string // "" is the user's cache folder
	name string
	id   string

	mu    sync.Mutex
	alive *flock.Flock // nil before the first update
}

// The bounds of a ledger.
const (
	// ledgerPatience is how long an update waits for others, who need less than a
	// millisecond. A process that was stopped half-way could hold the lock for ever.
	ledgerPatience = 2 * time.Second
	ledgerPoll     = 500 * time.Microsecond
	ledgerSize     = 1 << 20
	// ledgerKept is how long the files of a ledger stay that nobody changes.
	ledgerKept = 24 * time.Hour
)

// Ends of the names of a ledger's files.
const (
	ledgerText  = ".ledger"
	ledgerLock  = ".lock"
	ledgerAlive = ".alive"
)

// NewLedger is the ledger of a name, which becomes part of a file's name and must
// say nothing that is secret. dir "" is lemexport's folder among the user's
// caches. It touches nothing yet.
func NewLedger(dir, name string) *Ledger {
	return &Ledger{dir: dir, name: name, id: fmt.Sprintf("%d-%s", os.Getpid(), strings.ToLower(rand.Text()[:10]))}
}

// ID names this process among those that use the ledger.
func (l *Ledger) ID() string { return l.id }

// Update hands the text, nil when there is none, to change, and keeps what that
// returns. No other update of any process happens in between; change must not
// wait for anything. With an error it may not have been called.
func (l *Ledger) Update(change func(text []byte) []byte) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive == nil {
		if err := l.enter(); err != nil {
			return err
		}
	}
	lock, err := l.lock(l.name, ledgerPatience)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	file, err := os.OpenFile(l.path(l.name+ledgerText), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	// In place, which costs a hundredth of a new file under the old name. A writer
	// who is killed half-way leaves a sum that is wrong.
	_, err = file.WriteAt(seal(change(unseal(file))), 0)
	return err
}

// seal puts the sum and the length before a text: what is left of a longer one
// behind it does not matter.
func seal(text []byte) []byte {
	return append(fmt.Appendf(nil, "%08x %d\n", crc32.ChecksumIEEE(text), len(text)), text...)
}

// unseal reads a text. What makes no sense is as good as nothing.
func unseal(file io.Reader) []byte {
	body, err := io.ReadAll(io.LimitReader(file, ledgerSize))
	head, text, _ := bytes.Cut(body, []byte("\n"))
	var sum uint32
	var size int
	if _, errHead := fmt.Sscanf(string(head), "%x %d", &sum, &size); err != nil || errHead != nil || size < 0 || size > len(text) {
		return nil
	}
	if text = text[:size]; crc32.ChecksumIEEE(text) != sum {
		return nil
	}
	return text
}

// Alive reports whether a process that uses the ledger still runs. Ask within an
// update. The first one to learn that it does not removes its file.
func (l *Ledger) Alive(id string) bool {
	if id == l.id {
		return true
	}
	if id != filepath.Base(id) {
		return false // nothing that a ledger wrote
	}
	return !l.bury(l.path(l.name + "." + id + ledgerAlive))
}

// bury removes the file of a process, unless that process holds it.
func (l *Ledger) bury(path string) (dead bool) {
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	locked, err := lock.TryLock()
	if !locked {
		// Doubt keeps a place for a while; it is not held for ever.
		return errors.Is(err, fs.ErrNotExist)
	}
	_ = os.Remove(path) // on Windows that fails while it is open
	_ = lock.Close()
	_ = os.Remove(path)
	return true
}

// Close says that this process does not use the ledger any more.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive == nil {
		return nil
	}
	err := l.alive.Close()
	if removed := os.Remove(l.alive.Path()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	l.alive = nil
	return err
}

func (l *Ledger) path(name string) string { return filepath.Join(l.dir, name) }

// lock waits for its turn to change the ledger of a name.
func (l *Ledger) lock(name string, patience time.Duration) (*flock.Flock, error) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	path := l.path(name + ledgerLock)
	for {
		lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
		if _, err := lock.TryLockContext(ctx, ledgerPoll); err != nil {
			return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
		}
		// The file may have been removed in the meantime: see sweep.
		ours, err := lock.Stat()
		if there, errThere := os.Lstat(path); err == nil && errThere == nil && os.SameFile(ours, there) {
			return lock, nil
		}
		if err := lock.Close(); err != nil {
			return nil, err
		}
	}
}
