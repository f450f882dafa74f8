package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter/store/disk"
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
	alive *disk.FileLock // nil before the first update
	guard guard
	text  kept
	body  []byte // what the file holds
	next  []byte // what it will hold
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
// wait for anything, nor keep the text. With an error it may not have been called.
// It waits for other processes until ctx ends, and not for long.
//
// It happens twice a request, so the files stay open.
func (l *Ledger) Update(ctx context.Context, change func(text []byte) []byte) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive == nil {
		if err := l.enter(ctx); err != nil {
			return err
		}
	}
	if err := l.guard.lock(ctx, ledgerPatience); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.guard.unlock()) }()
	size, err := l.text.open()
	if err != nil {
		return err
	}
	l.body = slices.Grow(l.body[:0], int(min(size, ledgerSize)))[:min(size, ledgerSize)]
	if n, err := l.text.file.ReadAt(l.body, 0); err != nil {
		l.body = l.body[:n] // what makes no sense is as good as nothing
	}
	l.next = seal(l.next[:0], change(unseal(l.body)))
	// In place, which costs a hundredth of a new file under the old name. A writer
	// who is killed half-way leaves a sum that is wrong.
	_, err = l.text.file.WriteAt(l.next, 0)
	return err
}

// seal appends a text with its sum and its length before it: what is left of a
// longer one behind it does not matter.
func seal(to, text []byte) []byte {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE(text))
	to = append(hex.AppendEncode(to, sum[:]), ' ')
	to = append(strconv.AppendInt(to, int64(len(text)), 10), '\n')
	return append(to, text...)
}

// unseal takes a text out. What makes no sense is as good as nothing.
func unseal(body []byte) []byte {
	head, text, _ := bytes.Cut(body, []byte{'\n'})
	first, second, _ := bytes.Cut(head, []byte{' '})
	sum, err := strconv.ParseUint(string(first), 16, 32)
	size, errSize := strconv.Atoi(string(second))
	if err != nil || errSize != nil || size < 0 || size > len(text) {
		return nil
	}
	if text = text[:size]; crc32.ChecksumIEEE(text) != uint32(sum) {
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
	lock, err := disk.Lock(path, 0)
	if lock == nil {
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
	err := errors.Join(l.guard.close(), l.text.close(), l.alive.Close())
	if removed := os.Remove(l.alive.Path()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	l.alive = nil
	return err
}

func (l *Ledger) path(name string) string { return filepath.Join(l.dir, name) }
