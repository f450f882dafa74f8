//go:build unix && !linux

package store

import (
	"iter"
	"os"
)

// appearances yields the names of the files of a folder, over and over.
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
