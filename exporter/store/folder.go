package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// Folder is a destination on a local disk. It serves one run.
type Folder struct {
	dir  string
	sys  system
	run  string      // the run that has claimed it
	mode fs.FileMode // the permission of its files; 0 is that of the file before, else private
}

// NewFolder is the destination dir. The folder is made when it is first claimed
// or written.
func NewFolder(dir string) *Folder { return &Folder{dir: dir, sys: realSystem()} }

// SetFileMode implements exporter.FileModer.
func (f *Folder) SetFileMode(mode fs.FileMode) { f.mode = mode.Perm() }

// URL is the path of the object, relative when the folder was given so.
func (f *Folder) URL(name string) string { return filepath.ToSlash(f.path(name)) }

func (f *Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// List returns the names of the files in a folder of the destination, in order.
// Hidden files are no exports.
func (f *Folder) List(_ context.Context, folder string) ([]string, error) {
	entries, err := os.ReadDir(f.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, explainRead(err)
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
	// Looked at first: to open a pipe would wait for its other end.
	info, err := os.Stat(f.path(name))
	if err == nil {
		err = mustBeFile("open", f.path(name), info)
	}
	if err != nil {
		return nil, explainRead(err)
	}
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, explainRead(err)
	}
	if info, err = file.Stat(); err == nil {
		err = mustBeFile("open", file.Name(), info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return object{file, info}, nil
}

// object is an open file.
type object struct {
	*os.File
	info fs.FileInfo
}

// Size is the file's size in bytes.
func (o object) Size() int64 { return o.info.Size() }

// Version tells the file from the one that is renamed into its place.
func (o object) Version() exporter.Version { return fileVersion(o.info) }

func fileVersion(info fs.FileInfo) exporter.Version {
	return exporter.Version(fmt.Sprintf("%d-%d-%d", fileNumber(info), info.Size(), info.ModTime().UnixNano()))
}

// versionAt is the version of the file at a path; none when there is none.
func versionAt(path string) (exporter.Version, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return fileVersion(info), nil
}

// Create starts a new version of a file, beside the old one. When the name is a
// symbolic link, the file it points to is replaced, in its own folder, and the
// link stays. That folder is claimed too, until the upload ends, and so is one
// that the name says.
func (f *Folder) Create(ctx context.Context, name string, over exporter.Version) (exporter.Upload, error) {
	if err := f.makeFolder(filepath.Dir(f.path(name))); err != nil {
		return nil, explain(err)
	}
	if strings.Contains(name, "/") {
		// A commit makes the file durable in its folder; this, the folder.
		if err := f.sys.syncFolder(f.dir); err != nil {
			return nil, explain(err)
		}
	}
	target, err := resolve(f.path(name))
	if err != nil {
		return nil, explain(err)
	}
	release, err := f.claimLinked(ctx, filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	up, err := f.newUpload(target, path.Base(name), over, release)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return up, nil
}

// makeFolder makes a folder, and those above it, that lets those in who may read its
// files. The umask does not matter: who may read is said by the configuration alone.
func (f *Folder) makeFolder(dir string) error {
	readers := f.mode & 0o044
	perm := private.FolderPerm | readers | readers>>2
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if above := filepath.Dir(dir); above != dir {
		if err := f.makeFolder(above); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, private.FolderPerm)
	if errors.Is(err, fs.ErrExist) { // another run was faster, or it is no folder
		return os.MkdirAll(dir, private.FolderPerm)
	}
	if err == nil && perm != private.FolderPerm {
		err = private.SetFolderPerm(dir, perm)
	}
	return err
}

// claimLinked claims the folder that a link or a name leads to, unless this run holds it.
func (f *Folder) claimLinked(ctx context.Context, dir string) (release func() error, err error) {
	nothing := func() error { return nil }
	here, err := os.Stat(f.dir)
	if err != nil {
		return nil, explain(err)
	}
	if there, err := os.Stat(dir); err != nil {
		return nil, explain(err)
	} else if os.SameFile(here, there) {
		return nothing, nil
	}
	other := NewFolder(dir)
	other.mode = f.mode
	release, err = other.Lock(ctx, f.run)
	if busy, ok := errors.AsType[busyError](err); ok && f.run != "" && busy.by.RunID == f.run && busy.by.PID == os.Getpid() {
		return nothing, nil
	}
	return release, err
}

// resolve follows a symbolic link at path.
func resolve(path string) (string, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink == 0:
		return path, mustBeFile("create", path, info)
	}
	if err := mayFollow(path, info); err != nil {
		return "", err
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", exporter.WithHint(fmt.Errorf("%s is a link to nothing: %w", path, err), "Make what the link points to, or choose another destination.")
	}
	if err != nil {
		return "", err
	}
	if info, err = os.Stat(target); err != nil {
		return "", err
	}
	return target, mustBeFile("create", target, info)
}

// mayFollow refuses a link that is neither of this user nor of the one whose folder it is
// in: whoever may write to a shared folder must not choose the file that is replaced.
func mayFollow(path string, link fs.FileInfo) error {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || private.Owned(link) || private.OwnedByRoot(link) || private.SameOwner(link, folder) {
		return err
	}
	return exporter.WithHint(fmt.Errorf("%s is a link that another user has made", path), "Look at it, then remove it, or choose another destination.")
}

// mustBeFile is the error of something that is no file where a file belongs.
func mustBeFile(op, path string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return exporter.WithHint(&fs.PathError{Op: op, Path: path, Err: fmt.Errorf("%w: a folder is in the way", exporter.ErrNotFile)},
			"Choose another destination.")
	}
	return exporter.WithHint(&fs.PathError{Op: op, Path: path, Err: fmt.Errorf("%w, but a device, a pipe or a link", exporter.ErrNotFile)},
		"Choose another destination.")
}
