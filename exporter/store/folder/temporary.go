package folder

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/lemexport/lemexport/internal/private"
)

// temporary matches the names of our temporary files. None of them ends like a data file,
// since DuckDB's globs match hidden names too.
var temporary = regexp.MustCompile(`^\.[A-Za-z0-9_-]+\.[a-z]+\.[A-Z0-9]{26}\.lemexport-tmp$`)

func temporaryName(name string) string {
	return "." + name + "." + rand.Text() + ".lemexport-tmp"
}

// createTemporary makes a private temporary file for the object called name.
func createTemporary(dir, name string) (*os.File, error) {
	return private.Open(filepath.Join(dir, temporaryName(name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
}

// removeTemporary removes the temporary files of crashed runs.
func removeTemporary(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !temporary.MatchString(entry.Name()) || !entry.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
