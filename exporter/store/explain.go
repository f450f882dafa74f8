package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/lemexport/lemexport/exporter"
)

// explain adds to an error of the file system what a person can do about it.
func explain(err error) error {
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
		return exporter.WithHint(err, "This file system has no file locks, so two runs could not be kept apart. Choose a destination on another one.")
	}
	return err
}

// explainRead does the same for what is read: the advice never touches the data.
func explainRead(err error) error {
	switch {
	case err == nil || exporter.Hint(err) != "":
		return err
	case errors.Is(err, fs.ErrPermission):
		return exporter.WithHint(err, "This user may not read it: the right to read the file, or to enter a folder above it, is missing (ls -l shows the rights, chmod and chown grant them). What is in it is not known, so nothing was changed.")
	case isNotFolder(err):
		return exporter.WithHint(err, "A part of the path is a file, not a folder. Correct the path.")
	case isTooLong(err):
		return exporter.WithHint(err, "Give a location with a shorter path.")
	}
	return err
}

// explainScratch does the same for temporary files; dir is where they are.
func explainScratch(err error, dir string) error {
	if err == nil {
		return nil
	}
	if dir == "" {
		dir = os.TempDir()
	}
	if isFull(err) || isTooLarge(err) || isReadOnly(err) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return exporter.WithHint(err, scratchHint(dir))
	}
	return err
}

func scratchHint(dir string) string {
	return fmt.Sprintf("Rows, and files on their way to or from an object store, are kept in %s for the time of the run. Make room there, or set TMPDIR to a folder that exists and has room.", dir)
}
