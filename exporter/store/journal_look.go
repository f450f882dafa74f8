package store

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// Look implements exporter.Workspace. It makes no file and no folder.
func (w *Workspace) Look(name string) (exporter.Journal, error) {
	path := filepath.Join(w.dir, name+journalEnding)
	file, err := private.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, explainRead(err)
	}
	// A run that holds the journal has a lock file; a run that was killed has left it.
	if _, err := os.Lstat(path + lockEnding); err == nil {
		lock, err := tryJournal(path)
		if err == nil && lock == nil {
			err = fmt.Errorf("%s: %w", path, exporter.ErrBusy)
		}
		if err == nil {
			err = release(lock)
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return &seenJournal{journal{file: file}}, nil
}

// errOnlySeen is the error of a change to a journal that was opened by Look.
var errOnlySeen = errors.New("the journal was opened to be read")

// seenJournal is a journal that is only read.
type seenJournal struct{ of journal }

// Entries implements exporter.Journal.
func (s *seenJournal) Entries() iter.Seq2[[]byte, error] { return s.of.Entries() }

// Append implements exporter.Journal: it is an error.
func (s *seenJournal) Append([]byte) error { return errOnlySeen }

// Remove implements exporter.Journal: it is an error.
func (s *seenJournal) Remove() error { return errors.Join(errOnlySeen, s.Close()) }

// Close implements exporter.Journal.
func (s *seenJournal) Close() error { return s.of.file.Close() }
