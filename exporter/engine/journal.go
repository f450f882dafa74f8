package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// journalVersion changes with the form of the entries, or with the walk.
const journalVersion = 4

// openJournal opens the journal of this very walk; with fresh, what is in it is
// dropped. Without one the run goes on: a journal saves requests, it does not
// make the export right.
func (r *Run) openJournal(table *schema.Table, survey exporter.Survey, since map[string]exporter.Mark, fresh bool) *runJournal {
	j := &runJournal{obs: r.obs}
	if !r.keepsJournal(table) {
		return j
	}
	name, err := r.journalName(table, survey, since)
	if err == nil {
		j.inner, err = r.sealedJournal(name, fresh)
	}
	if err == nil && !fresh {
		err = r.takeOver(j, name)
	}
	if err != nil {
		j.inner = nil
		r.obs.Observe(exporter.NotResumable{Reason: err.Error(), Advice: exporter.Hint(err)})
	}
	return j
}

// takeOver looks how old the journal is, and empties one that is too old.
func (r *Run) takeOver(j *runJournal, name string) error {
	var kept exporter.Kept
	var err error
	if r.engine.ReadJournal == nil {
		kept.Entries, kept.Expired = 1, "its age cannot be read"
	} else if kept, err = r.engine.ReadJournal(j.inner); err != nil {
		return errors.Join(err, j.Close())
	} else {
		r.judge(&kept)
	}
	switch {
	case kept.Entries == 0:
	case kept.Expired == "":
		now := r.engine.Now()
		j.since = now.Add(kept.From.Sub(now)) // with the reading of the monotonic clock
	default:
		r.obs.Observe(exporter.StartedOver{Reason: "what an earlier run has read is not used: " + kept.Expired})
		if err := j.Close(); err != nil {
			return err
		}
		j.inner, err = r.sealedJournal(name, true)
	}
	return err
}

// journalPatience is how long a reading that resumes waits for the one before it:
// a host that cancels a call goes on before the call has ended.
const (
	journalPatience = 2 * time.Second
	journalPoll     = 20 * time.Millisecond
)

// awaitJournal opens the journal of a reading that goes on, once the reading
// before it has let it go.
func (r *Run) awaitJournal(ctx context.Context, table *schema.Table, survey exporter.Survey) *runJournal {
	name, err := r.journalName(table, survey, nil)
	deadline := time.NewTimer(journalPatience)
	defer deadline.Stop()
	for err == nil && r.keepsJournal(table) {
		var held exporter.Journal
		if held, err = r.engine.Workspace.Journal(name, false); err == nil {
			_ = held.Close() // openJournal says what is wrong with it
		}
		if !errors.Is(err, exporter.ErrBusy) {
			break
		}
		poll := time.NewTimer(journalPoll)
		select {
		case <-poll.C:
			err = nil
		case <-deadline.C:
		case <-ctx.Done():
		}
		poll.Stop()
	}
	return r.openJournal(table, survey, nil, false)
}

// keepsJournal reports whether a walk can be continued at all: a simulation ends
// with its process, and a table that is one response is read anew.
func (r *Run) keepsJournal(table *schema.Table) bool {
	return table.PartitionBy == schema.PartitionUser && r.engine.Workspace != nil && r.config.Simulate == nil && !r.config.APIKey.IsZero()
}

// sealedJournal opens a journal that only the holder of the API key can read.
func (r *Run) sealedJournal(name string, fresh bool) (exporter.Journal, error) {
	journal, err := r.engine.Workspace.Journal(name, fresh)
	if err != nil {
		return nil, err
	}
	sealed, err := seal(journal, name, r.config.APIKey)
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return sealed, nil
}

// journalName tells walks apart: another configuration, team, set of users, margin
// or version has another journal.
func (r *Run) journalName(table *schema.Table, survey exporter.Survey, since map[string]exporter.Mark) (string, error) {
	var users []string
	for _, user := range survey.Of(table.Name).Partitions {
		users = append(users, user.Partition)
	}
	body, err := json.Marshal(struct {
		Version               int
		Tool                  exporter.Tool
		Fingerprint           string
		Endpoint, Team, Table string
		Simulated             bool
		Chosen, Users         []string
		Margin                exporter.Margin
		Since                 map[string]exporter.Mark
	}{
		journalVersion, r.engine.Tool, table.Fingerprint(), survey.Endpoint, survey.TeamID,
		table.Name, survey.Simulated, r.config.Users, users, r.config.Margin, since,
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return "walk-" + hex.EncodeToString(sum[:8]), nil
}

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
