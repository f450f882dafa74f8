package store

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// temporary is the pattern of our temporary names. None of them ends like a
// data file, since DuckDB's globs match hidden names too.
var temporary = regexp.MustCompile(`^\.[A-Za-z0-9_-]+\.[a-z]+\.[A-Z0-9]{26}\.lemexport-tmp$`)

func temporaryName(name string) string {
	return "." + name + "." + rand.Text() + ".lemexport-tmp"
}

// system holds the calls whose order and failures a commit is about, so that
// tests can watch them and make them fail.
type system struct {
	sync       func(*os.File) error
	rename     func(from, to string) error
	link       func(from, to string) error
	syncFolder func(dir string) error
}

func realSystem() system {
	return system{sync: (*os.File).Sync, rename: os.Rename, link: os.Link, syncFolder: syncFolder}
}

// upload is a new version of a file, in a temporary file beside it.
type upload struct {
	sys    system
	target string
	mode   fs.FileMode // 0 is that of the file at target
	over   exporter.Version
	file   *os.File
	buffer *bufio.Writer
	info   fs.FileInfo // of the file, when it is whole
	done   bool
	// release gives up the folder of a linked file.
	release func() error
}

// newUpload writes beside target. The temporary file is named after the object:
// the target of a link may be called anything, which no sweep would find. It is private
// until it is whole.
func (f *Folder) newUpload(target, name string, over exporter.Version, release func() error) (*upload, error) {
	path := filepath.Join(filepath.Dir(target), temporaryName(name))
	file, err := private.Open(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, explain(err)
	}
	return &upload{
		sys: f.sys, target: target, mode: f.mode, over: over, file: file, buffer: bufio.NewWriterSize(file, 1<<20), release: release,
	}, nil
}

// Write appends to the new version.
func (u *upload) Write(p []byte) (int, error) {
	n, err := u.buffer.Write(p)
	return n, explain(err)
}

// Commit replaces the file by the new version in one step: everything is on
// disk before the rename, and the rename is on disk before Commit returns. A
// context that has ended leaves the old version.
func (u *upload) Commit(ctx context.Context) error {
	if u.done {
		return errors.New("commit: the upload has ended")
	}
	if err := u.flush(ctx); err != nil {
		return errors.Join(explain(err), u.Abort())
	}
	if err := u.place(); err != nil {
		return errors.Join(explain(err), u.Abort())
	}
	u.done = true
	if err := u.sys.syncFolder(filepath.Dir(u.target)); err != nil {
		return errors.Join(exporter.WithHint(fmt.Errorf("the new version is in place, but may not survive a power failure: %w", err),
			"Look at the disk's health, then run it again."), u.release())
	}
	return u.release()
}

// errReplaced is the error of a temporary file that is not ours any more.
var errReplaced = errors.New("another program has put a file in the place of the new version")

// place puts the new version where the old one is. Runs of lemexport exclude each
// other by the lock; the check is about everybody else, and about disks without
// sound locks. A new name is linked, which fails when somebody was faster.
func (u *upload) place() error {
	// In a folder that others can write to, they can put another file under its name.
	if there, err := os.Lstat(u.file.Name()); err != nil || !os.SameFile(u.info, there) {
		return errors.Join(err, fmt.Errorf("%s: %w", u.file.Name(), errReplaced))
	}
	there, err := versionAt(u.target)
	if err != nil {
		return err
	}
	if there != u.over {
		return exporter.ConflictError{}
	}
	if there == "" {
		err := u.sys.link(u.file.Name(), u.target)
		if errors.Is(err, fs.ErrExist) {
			return exporter.ConflictError{}
		}
		if err == nil {
			return os.Remove(u.file.Name())
		}
		// Not every file system has links.
	}
	return u.sys.rename(u.file.Name(), u.target)
}

func (u *upload) flush(ctx context.Context) error {
	if err := u.buffer.Flush(); err != nil {
		return err
	}
	if err := private.Settle(u.file, u.target, u.mode); err != nil {
		return err
	}
	if err := u.sys.sync(u.file); err != nil {
		return err
	}
	info, err := u.file.Stat()
	if err = errors.Join(err, u.file.Close()); err != nil {
		return err
	}
	u.info = info
	return ctx.Err()
}

// Abort removes the new version. After Commit it does nothing.
func (u *upload) Abort() error {
	if u.done {
		return nil
	}
	u.done = true
	closed := u.file.Close()
	if errors.Is(closed, fs.ErrClosed) {
		closed = nil
	}
	return errors.Join(closed, os.Remove(u.file.Name()), u.release())
}
