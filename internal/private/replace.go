package private

import (
	"errors"
	"io/fs"
	"os"
)

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
