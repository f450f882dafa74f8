package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// runJournal is a journal that may be missing, and gives up at the first error
// of writing: the export is worth more than its journal.
type runJournal struct {
	inner exporter.Journal
	obs   exporter.Observer
	// mark is what tells this journal from every other one of its name: a hash of
	// the first entry. Empty until there is one.
	mark string
	// since is when the oldest entry that an earlier run left was asked for; zero when
	// there is none.
	since time.Time
}

// orNil is the journal for a walk; nil when there is none.
func (j *runJournal) orNil() exporter.Journal {
	if j == nil || j.inner == nil {
		return nil
	}
	return j
}

// Entries implements Journal.
func (j *runJournal) Entries() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for entry, err := range j.inner.Entries() {
			if err == nil {
				j.note(entry)
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}

// note sees an entry go by.
func (j *runJournal) note(entry []byte) {
	if j.mark == "" {
		sum := sha256.Sum256(entry)
		j.mark = hex.EncodeToString(sum[:8])
	}
}

// Append implements Journal. It never fails.
func (j *runJournal) Append(entry []byte) error {
	if j.inner == nil {
		return nil
	}
	err := j.inner.Append(entry)
	if err == nil {
		j.note(entry)
		return nil
	}
	j.obs.Observe(exporter.NotResumable{Reason: err.Error(), Advice: exporter.Hint(err)})
	_ = j.inner.Remove() // best effort: its disk is in trouble
	j.inner = nil
	return nil
}

// Close implements Journal.
func (j *runJournal) Close() error {
	if j.inner == nil {
		return nil
	}
	return j.inner.Close()
}

// Remove implements Journal.
func (j *runJournal) Remove() error {
	if j.inner == nil {
		return nil
	}
	inner := j.inner
	j.inner = nil
	return inner.Remove()
}
