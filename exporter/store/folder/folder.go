// Package folder is the destination on a local disk. A commit renames a complete file into
// place, and a lock file admits one run at a time. It imports exporter, store/disk and
// internal/private.
package folder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
)

// Folder is a destination on a local disk. It serves one run.
type Folder struct {
	dir  string
	sys  system
	run  string      // the run that has locked it
	mode fs.FileMode // the permission of its files; 0 keeps that of the replaced file, else private
}

// New is the destination dir. The folder is made when it is first locked or written to.
func New(dir string) *Folder { return &Folder{dir: dir, sys: realSystem()} }

// SetFileMode implements exporter.FileModer.
func (f *Folder) SetFileMode(mode fs.FileMode) { f.mode = mode.Perm() }

// OpenToAll implements exporter.FileModer.
func (f *Folder) OpenToAll(name string) fs.FileMode {
	info, err := os.Stat(f.path(name))
	if err != nil || f.mode != 0 || !private.OpenToAll(info) {
		return 0
	}
	return info.Mode().Perm()
}

// URL is the path of the object, relative when the folder was given so.
func (f *Folder) URL(name string) string { return filepath.ToSlash(f.path(name)) }

func (f *Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// Lock makes the folder if need be, locks it, removes the temporary files of crashed runs
// and nothing else, and checks that files can be made. A folder can be locked once, also
// within a process.
func (f *Folder) Lock(ctx context.Context, runID string) (func() error, error) {
	if err := f.makeFolder(f.dir); err != nil {
		return nil, disk.ExplainWrite(err)
	}
	lock, err := waitForLock(ctx, f.dir)
	if err != nil {
		return nil, err
	}
	// Once only: a second removal could remove the lock file of the next run.
	unlock := sync.OnceValue(lock.Remove)
	if err := errors.Join(writeLockInfo(lock, runID), removeTemporary(f.dir), checkWritable(f.dir)); err != nil {
		return nil, errors.Join(disk.ExplainWrite(err), unlock())
	}
	f.run = runID
	return unlock, nil
}

// CheckWritable implements exporter.WriteChecker: it asks for the permission to write into
// the folder, or into the one that it would be made in.
func (f *Folder) CheckWritable() error {
	dir := filepath.Clean(f.dir)
	info, err := os.Stat(dir)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if err == nil {
		err = mayWrite(dir)
	}
	return disk.ExplainWrite(err)
}

// List returns the names of the files in a folder of the destination, in order, without
// hidden files.
func (f *Folder) List(_ context.Context, folder string) ([]string, error) {
	entries, err := os.ReadDir(f.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, disk.ExplainRead(err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, path.Join(folder, entry.Name()))
		}
	}
	return names, nil
}

// Open opens a committed file. It makes nothing.
func (f *Folder) Open(_ context.Context, name string) (exporter.Object, error) {
	// Checked before it is opened: opening a pipe would wait for its other end.
	info, err := os.Stat(f.path(name))
	if err == nil {
		err = checkRegular("open", f.path(name), info)
	}
	if err != nil {
		return nil, disk.ExplainRead(err)
	}
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, disk.ExplainRead(err)
	}
	if info, err = file.Stat(); err == nil {
		err = checkRegular("open", file.Name(), info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return object{file, info}, nil
}

// Create starts a new version of a file, beside the old one. When the name is a symbolic
// link, the commit replaces the file it points to, in that file's folder, and the link
// stays. The folder of that file, or a folder in the name, is locked until the upload ends.
func (f *Folder) Create(ctx context.Context, name string, over exporter.Version) (exporter.Upload, error) {
	if err := f.makeFolder(filepath.Dir(f.path(name))); err != nil {
		return nil, disk.ExplainWrite(err)
	}
	if strings.Contains(name, "/") {
		// A commit syncs the folder of the file; this syncs the entry of that folder.
		if err := f.sys.syncFolder(f.dir); err != nil {
			return nil, disk.ExplainWrite(err)
		}
	}
	target, err := resolveLink(f.path(name))
	if err != nil {
		return nil, disk.ExplainWrite(err)
	}
	unlock, err := f.lockOther(ctx, filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	file, err := createTemporary(filepath.Dir(target), path.Base(name))
	if err != nil {
		return nil, errors.Join(disk.ExplainWrite(err), unlock())
	}
	return newUpload(f.sys, target, file, f.mode, over, unlock), nil
}

// Remove removes a committed file; of a symbolic link the link.
func (f *Folder) Remove(_ context.Context, name string) error {
	info, err := os.Lstat(f.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return disk.ExplainWrite(err)
	case info.IsDir():
		return checkRegular("remove", f.path(name), info)
	}
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk.ExplainWrite(err)
	}
	return disk.ExplainWrite(f.sys.syncFolder(filepath.Dir(f.path(name))))
}

// makeFolder makes a folder and its parents. Whoever may read the files may enter the
// folders; the umask does not matter, since the configuration alone says who may read.
func (f *Folder) makeFolder(dir string) error {
	readers := f.mode & 0o044
	perm := private.FolderPerm | readers | readers>>2
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := f.makeFolder(parent); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, private.FolderPerm)
	if errors.Is(err, fs.ErrExist) { // another run was faster, or it is not a folder
		return os.MkdirAll(dir, private.FolderPerm)
	}
	if err == nil && perm != private.FolderPerm {
		err = private.SetFolderPerm(dir, perm)
	}
	return err
}

// lockOther locks the folder that a link or a name leads to, unless this run holds its
// lock already.
func (f *Folder) lockOther(ctx context.Context, dir string) (unlock func() error, err error) {
	nothing := func() error { return nil }
	own, err := os.Stat(f.dir)
	if err != nil {
		return nil, disk.ExplainWrite(err)
	}
	if there, err := os.Stat(dir); err != nil {
		return nil, disk.ExplainWrite(err)
	} else if os.SameFile(own, there) {
		return nothing, nil
	}
	other := New(dir)
	other.mode = f.mode
	unlock, err = other.Lock(ctx, f.run)
	if busy, ok := errors.AsType[busyError](err); ok && f.run != "" && busy.by.RunID == f.run && busy.by.PID == os.Getpid() {
		return nothing, nil
	}
	return unlock, err
}
