package private

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file in one step: until all of it is on the disk, target is what it
// was. The permission is that of [Settle].
func Replace(target string, perm fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	return written(target, perm, write, os.Rename)
}

// Create is [Replace] for a target that is not there; the error of one that is there wraps
// [fs.ErrExist].
func Create(target string, perm fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	if _, err := os.Lstat(target); err == nil {
		return 0, &fs.PathError{Op: "create", Path: target, Err: fs.ErrExist}
	}
	return written(target, perm, write, func(from, to string) error {
		err := os.Link(from, to) // unlike a rename, it never replaces
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		return os.Rename(from, to) // a file system without links
	})
}

// Bytes writes body, for [Replace] and [Create].
func Bytes(body []byte) func(io.Writer) error {
	return func(to io.Writer) error {
		_, err := to.Write(body)
		return err
	}
}

// written writes a hidden file beside target, places it there, and leaves nothing else.
func written(target string, perm fs.FileMode, write func(io.Writer) error, place func(from, to string) error) (size int64, err error) {
	temp, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp") // which is private
	if broken, ok := errors.AsType[*fs.PathError](err); ok {
		broken.Op, broken.Path = "write", target
	}
	if err != nil {
		return 0, err
	}
	defer func() {
		if broken, ok := errors.AsType[*fs.PathError](err); ok && broken.Path == temp.Name() {
			broken.Path = target
		}
		if removed := os.Remove(temp.Name()); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}()
	if err = write(temp); err == nil {
		err = Settle(temp, target, perm)
	}
	if err == nil {
		err = temp.Sync()
	}
	info, statErr := temp.Stat()
	if err = errors.Join(err, statErr, temp.Close()); err != nil {
		return 0, err
	}
	return info.Size(), place(temp.Name(), target)
}

// Settle gives a new file, which is private until then, the permission that it shall
// have in the place of target: perm if that is not 0, else that of the file at target if
// it is this user's, else none for others. The group that a kept permission is for is
// kept as well; where that is not allowed, the group gets no access.
func Settle(file *os.File, target string, perm fs.FileMode) error {
	old, err := os.Lstat(target)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case perm == 0 && (err != nil || !old.Mode().IsRegular() || !Owned(old)):
		perm = FilePerm
	case perm == 0:
		if perm = old.Mode().Perm(); perm&0o070 != 0 && !keepGroup(file, old) {
			perm &^= 0o070
		}
	}
	made, err := file.Stat()
	// File systems without permissions refuse a change, so that one which changes
	// nothing is left out.
	if err != nil || made.Mode().Perm() == perm {
		return err
	}
	return file.Chmod(perm)
}
