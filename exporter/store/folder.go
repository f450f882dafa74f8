package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lemexport/lemexport/exporter"
)

// Folder is a destination on a local disk.
type Folder struct {
	dir string
	sys system
}

// NewFolder is the destination dir. The folder is made when a run claims it.
func NewFolder(dir string) *Folder { return &Folder{dir: dir, sys: realSystem()} }

// URL is the path of the object, relative when the folder was given so.
func (f *Folder) URL(name string) string { return filepath.ToSlash(f.path(name)) }

func (f *Folder) path(name string) string { return filepath.Join(f.dir, name) }

// Open opens a committed file.
func (f *Folder) Open(_ context.Context, name string) (exporter.Object, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, explain(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: file.Name(), Err: errors.New("not a file")}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return object{file, info.Size()}, nil
}

// object is an open file of a known size.
type object struct {
	*os.File
	size int64
}

// Size is the file's size in bytes.
func (o object) Size() int64 { return o.size }

// Create starts a new version of a file, beside the old one.
func (f *Folder) Create(_ context.Context, name string) (exporter.Upload, error) {
	target, err := resolve(f.path(name))
	if err != nil {
		return nil, explain(err)
	}
	return newUpload(f.sys, target)
}

// resolve follows a symbolic link at path, so that the commit replaces what the
// link points to, in its own folder, and the link stays.
func resolve(path string) (string, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", err
	case info.IsDir():
		return "", exporter.WithHint(&fs.PathError{Op: "create", Path: path, Err: errors.New("a folder is in the way")},
			"Move the folder away or choose another destination.")
	case info.Mode()&fs.ModeSymlink == 0:
		return path, nil
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", exporter.WithHint(fmt.Errorf("%s is a link to nothing: %w", path, err), "Remove the link or make what it points to.")
	}
	return target, err
}
