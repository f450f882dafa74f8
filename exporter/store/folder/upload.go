package folder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
)

// system holds the calls whose order and failures matter to a commit, so that tests can
// watch them and make them fail.
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
	file   *os.File // private until it is complete
	buffer *bufio.Writer
	done   bool
	// unlock frees the lock on the folder of a linked file.
	unlock func() error
}

// newUpload writes to a temporary file in the folder of target. The file is named after
// the object and not after target: target can be the file of a link and have any name,
// which removeTemporary would not find.
func newUpload(sys system, target string, file *os.File, mode fs.FileMode, over exporter.Version, unlock func() error) *upload {
	return &upload{sys: sys, target: target, mode: mode, over: over, file: file, buffer: bufio.NewWriterSize(file, 1<<20), unlock: unlock}
}

// Write appends to the new version.
func (u *upload) Write(p []byte) (int, error) {
	n, err := u.buffer.Write(p)
	return n, disk.ExplainWrite(err)
}

// Commit replaces the file by the new version in one step: everything is on disk before
// the rename, and the rename is on disk before Commit returns. When the context has ended,
// the old version stays.
func (u *upload) Commit(ctx context.Context) error {
	if u.done {
		return errors.New("commit: the upload has ended")
	}
	written, err := u.finish()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = u.replace(written)
	}
	if err != nil {
		return errors.Join(disk.ExplainWrite(err), u.Abort())
	}
	u.done = true
	if err := u.sys.syncFolder(filepath.Dir(u.target)); err != nil {
		return errors.Join(exporter.WithHint(fmt.Errorf("the new version is in place, but may not survive a power failure: %w", err),
			"Check the disk for errors, then run it again."), u.unlock())
	}
	return u.unlock()
}

// finish writes everything to the disk and closes the file.
func (u *upload) finish() (written fs.FileInfo, err error) {
	if err := u.buffer.Flush(); err != nil {
		return nil, err
	}
	if err := private.Settle(u.file, u.target, u.mode); err != nil {
		return nil, err
	}
	if err := u.sys.sync(u.file); err != nil {
		return nil, err
	}
	written, err = u.file.Stat()
	return written, errors.Join(err, u.file.Close())
}

// errReplaced is the error of a temporary file that another program has replaced.
var errReplaced = errors.New("another program has replaced the temporary file of the new version")

// replace puts the written file in the place of the old version. The lock keeps runs of
// lemexport apart; the checks are about other programs, and about disks whose locks do
// not work. A new name is linked, which fails when another program was faster.
func (u *upload) replace(written fs.FileInfo) error {
	// Users who can write to the folder can put another file under the name.
	if there, err := os.Lstat(u.file.Name()); err != nil || !os.SameFile(written, there) {
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
		// Not every file system supports links.
	}
	return u.sys.rename(u.file.Name(), u.target)
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
	return errors.Join(closed, os.Remove(u.file.Name()), u.unlock())
}
