// Package private makes files and folders that belong to one user of the machine, and
// refuses those that another user has made or can reach. Of ours it imports the
// vocabulary of exporter.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// The permissions of what only its user may use.
const (
	// FilePerm is that of a file.
	FilePerm fs.FileMode = 0o600
	// FolderPerm is that of a folder.
	FolderPerm fs.FileMode = 0o700

	others fs.FileMode = 0o077
)

// ErrNotPrivate is wrapped by the error of a file or folder that another user may have
// made, or can reach.
var ErrNotPrivate = errors.New("not private")

const (
	hintFile   = "Another user may have put it there. Look at it, then remove it: lemexport makes its files anew."
	hintFolder = "Choose a folder that belongs to this user, or remove it: lemexport makes it anew, for this user only."
)

// refuse is the error of a path that is not private.
func refuse(path, why, hint string) error {
	return exporter.WithHint(fmt.Errorf("%s is %w: %s", path, ErrNotPrivate, why), hint)
}

// Open opens a file that only this user may read and write; with os.O_CREATE it makes
// one if there is none. It follows no symbolic link at the end of the path, waits for no
// pipe, and refuses what is not a regular file of this user with one name. When it is
// opened for writing, a permission that lets others in is taken back.
func Open(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, flag|noFollow, FilePerm) //nolint:gosec // that is what it is for
	if isLink(err) {
		return nil, refuse(path, "it is a symbolic link", hintFile)
	}
	if err != nil {
		return nil, err
	}
	if err := settle(file, path, flag); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// settle looks at an open file, of which nothing was read and nothing written.
func settle(file *os.File, path string, flag int) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return refuse(path, "it is not a regular file", hintFile)
	case !Owned(info):
		return refuse(path, "it belongs to another user", hintFile)
	case links(info) > 1:
		return refuse(path, "it has a second name (a hard link)", hintFile)
	case hasPermissions && info.Mode().Perm()&others != 0 && flag&(os.O_WRONLY|os.O_RDWR) != 0:
		return file.Chmod(info.Mode().Perm() &^ others)
	}
	return nil
}

// Folder makes a folder that only this user may enter, and the folders above it. One
// that is there must be this user's, and a permission that lets others in is taken back.
// A folder with the sticky bit, or with something whose name is not among ours, may serve
// others too: it stays as it is, and is refused when others can write to it. With nil, all
// is ours.
func Folder(dir string, ours func(name string) bool) error {
	if err := os.MkdirAll(dir, FolderPerm); err != nil {
		return err
	}
	info, err := ownFolder(dir)
	if err != nil || !hasPermissions || info.Mode().Perm()&others == 0 {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	sticky := info.Mode()&fs.ModeSticky != 0
	serves := sticky || ours != nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !ours(e.Name()) })
	switch {
	case !serves:
		return SetFolderPerm(dir, info.Mode().Perm()&^others)
	case info.Mode().Perm()&0o022 != 0:
		shared := "holds other files"
		if sticky {
			shared = "has the sticky bit of a shared folder"
		}
		return refuse(dir, fmt.Sprintf("its permission %#o lets other users write, and it %s", info.Mode().Perm(), shared),
			"Choose another folder, or take the permission back: chmod go-w.")
	}
	return nil
}

// OpenToAll reports whether every user of the machine may read a file of this user.
func OpenToAll(info fs.FileInfo) bool {
	return hasPermissions && Owned(info) && info.Mode().Perm()&0o004 != 0
}

// SetFolderPerm changes the permission of a folder of this user; a link in its place is
// an error. Without permissions on the system it does nothing.
func SetFolderPerm(dir string, perm fs.FileMode) (err error) {
	if !hasPermissions {
		return nil
	}
	folder, err := os.OpenFile(dir, os.O_RDONLY|noFollow, 0) //nolint:gosec // the caller names it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	info, err := folder.Stat()
	if err == nil && (!info.IsDir() || !Owned(info)) {
		err = refuse(dir, "it does not belong to this user", hintFolder)
	}
	if err != nil || info.Mode().Perm() == perm {
		return err
	}
	return folder.Chmod(perm)
}

// ownFolder looks at a folder, which must be this user's and no link.
func ownFolder(dir string) (fs.FileInfo, error) {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, refuse(dir, "it is a symbolic link", hintFolder)
	case !info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: dir, Err: errors.New("not a folder")}
	case !Owned(info):
		return nil, refuse(dir, "it belongs to another user", hintFolder)
	}
	return info, nil
}

// CheckFolder refuses a folder that another user can enter, or put another in the place
// of. It changes nothing. Whoever can write to a folder above can do that, unless the
// folder has the sticky bit, as /tmp has. It returns the path that it has looked at,
// without links: whoever can change a link on another path leads elsewhere.
func CheckFolder(dir string) (path string, err error) {
	info, err := ownFolder(filepath.Clean(dir)) // a slash at its end would follow a link
	switch {
	case err != nil:
		return "", err
	case !hasPermissions:
		return "", refuse(dir, "this system has no permissions that would show it", hintFolder)
	case info.Mode().Perm()&others != 0:
		return "", refuse(dir, fmt.Sprintf("its permission %#o lets other users in", info.Mode().Perm()), hintEnclosed)
	}
	if path, err = filepath.Abs(dir); err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", err
	}
	if there, err := os.Lstat(path); err != nil || !os.SameFile(info, there) {
		return "", errors.Join(err, refuse(dir, "it was replaced a moment ago", hintEnclosed))
	}
	_, err = checkAbove(filepath.Dir(path))
	return path, err
}

const hintEnclosed = "Choose a folder with the permission 0700, below folders that no other user can write to."

// checkAbove looks at a folder and those above it. One that is closed to others keeps
// them away from all that is below it.
func checkAbove(dir string) (closed bool, err error) {
	if above := filepath.Dir(dir); above != dir {
		if closed, err := checkAbove(above); closed || err != nil {
			return closed, err
		}
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return false, err
	case !Owned(info) && !OwnedByRoot(info):
		return false, refuse(dir, "it belongs to another user", hintEnclosed)
	case info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0:
		return false, refuse(dir, fmt.Sprintf("its permission %#o lets other users write", info.Mode().Perm()), hintEnclosed)
	}
	return Owned(info) && info.Mode().Perm()&others == 0, nil
}
