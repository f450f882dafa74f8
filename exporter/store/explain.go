package store

import (
	"errors"
	"io/fs"

	"github.com/lemexport/lemexport/exporter"
)

// explain adds to an error of the file system what a person can do about it.
func explain(err error) error {
	switch {
	case err == nil || exporter.Hint(err) != "":
		return err
	case isFull(err):
		return exporter.WithHint(err, "The disk or the quota is full; the destination is as it was. Free some space or choose another destination.")
	case isReadOnly(err):
		return exporter.WithHint(err, "The file system is read-only. Choose another destination.")
	case errors.Is(err, fs.ErrPermission):
		return exporter.WithHint(err, "You may not write here. Change the folder's permissions or choose another destination.")
	case isNotFolder(err):
		return exporter.WithHint(err, "A part of the path is a file, not a folder. Choose another destination.")
	case isTooLong(err):
		return exporter.WithHint(err, "Choose a destination with a shorter path.")
	}
	return err
}

func explainScratch(err error) error {
	if err != nil && (isFull(err) || isReadOnly(err) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)) {
		return exporter.WithHint(err, "Rows are kept in the folder for temporary files until the export is written. Free some space there, or set TMPDIR to another folder.")
	}
	return err
}
