package exporter

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// FileModer is a destination whose files have permissions.
type FileModer interface {
	// SetFileMode sets the permission of the files that are written from now on, and of
	// the folders that are made for them; 0 is that of the file that is replaced, and of
	// a new one that only its user may read and write it.
	SetFileMode(mode fs.FileMode)
	// OpenToAll is the permission of a file that every user of the machine may read, where
	// the next version keeps it; 0 otherwise.
	OpenToAll(name string) fs.FileMode
}

// WriteChecker is a destination that finds out without a change whether it can be written.
type WriteChecker interface {
	// CheckWritable fails when a run could not write here. No error is no promise.
	CheckWritable() error
}

const hintFileMode = `Write the permission as octal text: "0600" is for the user alone, "0640" lets the group read, "0644" everybody.`

// ParseFileMode reads the permission of a file as octal text, such as "0640". The user who
// writes the file can always read and write it, and nobody can execute it. An error does
// not repeat the text.
func ParseFileMode(text string) (fs.FileMode, error) {
	bits, err := strconv.ParseUint(text, 8, 32)
	mode := fs.FileMode(bits)
	switch {
	case err != nil || len(text) < 3 || len(text) > 4:
		err = errors.New("it is not octal text of three or four digits")
	case mode&^fs.ModePerm != 0:
		err = errors.New("it has setuid, setgid or sticky bits")
	case mode&0o111 != 0:
		err = errors.New("it lets somebody execute the file")
	case mode&0o600 != 0o600:
		err = errors.New("it does not let its user read and write the file")
	}
	if err != nil {
		return 0, WithHint(err, hintFileMode)
	}
	return mode, nil
}

// SetFileMode hands the permission of an export's files to its destination.
func SetFileMode(export Export, destination Destination) error {
	if export.FileMode == "" {
		return nil
	}
	mode, err := ParseFileMode(export.FileMode)
	if err != nil {
		return fmt.Errorf("file_mode: %w", err)
	}
	moder, ok := destination.(FileModer)
	if !ok {
		return WithHint(fmt.Errorf("file_mode: the files of %s have no permissions", WithoutQuery(export.Destination)),
			"Remove file_mode, and control access in the settings of the bucket.")
	}
	moder.SetFileMode(mode)
	return nil
}
