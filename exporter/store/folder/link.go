package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// resolveLink follows a symbolic link at path.
func resolveLink(path string) (string, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink == 0:
		return path, checkRegular("create", path, info)
	}
	if err := checkLinkOwner(path, info); err != nil {
		return "", err
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", exporter.WithHint(fmt.Errorf("%s is a broken link: %w", path, err), "Create the file that the link points to, or choose another destination.")
	}
	if err != nil {
		return "", err
	}
	if info, err = os.Stat(target); err != nil {
		return "", err
	}
	return target, checkRegular("create", target, info)
}

// checkLinkOwner refuses a link that belongs neither to this user nor to root nor to the
// owner of its folder: a user who may write to a shared folder must not choose the file
// that is replaced.
func checkLinkOwner(path string, link fs.FileInfo) error {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || private.Owned(link) || private.OwnedByRoot(link) || private.SameOwner(link, folder) {
		return err
	}
	return exporter.WithHint(fmt.Errorf("%s is a link that another user has made", path), "Look at it, then remove it, or choose another destination.")
}

// checkRegular returns an error unless the path is a regular file.
func checkRegular(op, path string, info fs.FileInfo) error {
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
