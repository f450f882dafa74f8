package disk

import (
	"errors"
	"io/fs"

	"github.com/lemexport/lemexport/exporter"
)

// ExplainWrite adds to an error of a write what a person can do about it.
func ExplainWrite(err error) error {
	switch {
	case err == nil || exporter.Hint(err) != "":
		return err
	case isFull(err):
		return exporter.WithHint(err, "The disk or the quota is full; the destination is as it was. Free some space or choose another destination.")
	case isTooLarge(err):
		return exporter.WithHint(err, "The file is larger than the file system or this process's limit (ulimit -f) allows; the destination is as it was. Raise the limit or choose another destination.")
	case isReadOnly(err):
		return exporter.WithHint(err, "The file system is read-only. Choose another destination.")
	case errors.Is(err, fs.ErrPermission):
		return exporter.WithHint(err, "You may not write here. Change the folder's permissions or choose another destination.")
	case isNotFolder(err):
		return exporter.WithHint(err, "A part of the path is a file, not a folder. Choose another destination.")
	case isTooLong(err):
		return exporter.WithHint(err, "Choose a destination with a shorter path.")
	case isUnlockable(err):
		return exporter.WithHint(err, "This file system does not support file locks, so two runs could write at the same time. Choose a destination on another file system.")
	}
	return err
}

// ExplainRead adds to an error of a read what a person can do about it. The advice never
// changes the data.
func ExplainRead(err error) error {
	switch {
	case err == nil || exporter.Hint(err) != "":
		return err
	case errors.Is(err, fs.ErrPermission):
		return exporter.WithHint(err, "This user may not read the file or may not enter a folder above it (ls -l shows the permissions, chmod and chown change them). The content is not known, so nothing was changed.")
	case isNotFolder(err):
		return exporter.WithHint(err, "A part of the path is a file, not a folder. Correct the path.")
	case isTooLong(err):
		return exporter.WithHint(err, "Give a location with a shorter path.")
	}
	return err
}

// Unwritable reports whether an error means that a file cannot be made or cannot grow.
func Unwritable(err error) bool {
	return isFull(err) || isTooLarge(err) || isReadOnly(err) || errors.Is(err, fs.ErrPermission)
}
