package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
)

// platforms are what lemexport is built for.
const platforms = "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

// part is a folder with linked code.
type part struct {
	folder string
	// module is the path of its module, and root the module's folder.
	module, root string
}

// linked lists the folders of other modules that are linked into the program on
// any platform. Tags only leave code out, so that none is set.
func linked() ([]part, error) {
	parts := make(map[part]bool)
	for platform := range strings.FieldsSeq(platforms) {
		system, arch, _ := strings.Cut(platform, "/")
		list := exec.Command("go", "list", "-deps", "-json=Dir,Module", ".") //nolint:noctx // a tool that runs to its end
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", platform, err)
		}
		decoder := json.NewDecoder(strings.NewReader(string(out)))
		for {
			var one struct {
				Dir    string
				Module *struct {
					Path, Dir string
					Main      bool
				}
			}
			if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if one.Module != nil && !one.Module.Main {
				parts[part{one.Dir, one.Module.Path, one.Module.Dir}] = true
			}
		}
	}
	all := make([]part, 0, len(parts))
	for one := range maps.Keys(parts) {
		all = append(all, one)
	}
	return all, nil
}
