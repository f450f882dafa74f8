package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/lemexport/lemexport/exporter"
)

// object is an open file.
type object struct {
	*os.File
	info fs.FileInfo
}

// Size is the file's size in bytes.
func (o object) Size() int64 { return o.info.Size() }

// Version differs from that of the file that is renamed into its place.
func (o object) Version() exporter.Version { return fileVersion(o.info) }

func fileVersion(info fs.FileInfo) exporter.Version {
	return exporter.Version(fmt.Sprintf("%d-%d-%d", fileNumber(info), info.Size(), info.ModTime().UnixNano()))
}

// versionAt is the version of the file at a path; "" when there is none.
func versionAt(path string) (exporter.Version, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return fileVersion(info), nil
}
