//go:build unix && !linux

package folder

import (
	"iter"
	"os"
)

// appearances yields the names of the files in a folder, again and again.
func appearances(dir string) (iter.Seq[string], error) {
	return func(yield func(string) bool) {
		for {
			entries, err := os.ReadDir(dir)
			if err != nil {
				return
			}
			for _, entry := range entries {
				if !yield(entry.Name()) {
					return
				}
			}
		}
	}, nil
}
