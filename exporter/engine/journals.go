package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// journalVersion changes with the form of the entries, or with the walk.
const journalVersion = 4

// journals keeps the pages of the walks of a run for the next one.
type journals struct {
	workspace exporter.Workspace // nil keeps nothing
	read      func(exporter.Journal) (exporter.Kept, error)
	tool      exporter.Tool
	config    exporter.SourceConfig
	age       ageLimit
	obs       exporter.Observer
}

// open opens the journal of this very walk; with empty, its entries are
// dropped. Without one the run goes on: a journal saves requests, it does not
// make the export right.
func (j journals) open(table *schema.Table, survey exporter.Survey, since map[string]exporter.Mark, empty bool) *runJournal {
	if !j.keeps(table) {
		return &runJournal{obs: j.obs}
	}
	name, err := j.name(table, survey, since)
	if err != nil {
		return j.without(err)
	}
	journal, err := j.openEncrypted(name, empty)
	if err != nil {
		return j.without(err)
	}
	if empty {
		return &runJournal{inner: journal, obs: j.obs}
	}
	journal, begun, err := j.takeOver(journal, name)
	if err != nil {
		return j.without(err)
	}
	return &runJournal{inner: journal, since: begun, obs: j.obs}
}

// without says that a walk cannot be resumed. It goes on without a journal.
func (j journals) without(reason error) *runJournal {
	j.obs.Observe(exporter.NotResumable{Reason: reason.Error(), Advice: exporter.Hint(reason)})
	return &runJournal{obs: j.obs}
}

// takeOver returns the journal and when its oldest entry was asked for, the zero time
// when it has none. One that is too old is replaced by an empty one.
func (j journals) takeOver(journal exporter.Journal, name string) (exporter.Journal, time.Time, error) {
	var kept exporter.Kept
	var err error
	if j.read == nil {
		kept.Entries, kept.Expired = 1, "its age cannot be read"
	} else if kept, err = j.read(journal); err != nil {
		return nil, time.Time{}, errors.Join(err, journal.Close())
	} else {
		kept = j.age.judged(kept)
	}
	switch {
	case kept.Entries == 0:
		return journal, time.Time{}, nil
	case kept.Expired == "":
		now := j.age.now()
		return journal, now.Add(kept.From.Sub(now)), nil // with the reading of the monotonic clock
	}
	j.obs.Observe(exporter.StartedOver{Reason: "what an earlier run has read is not used: " + kept.Expired})
	if err := journal.Close(); err != nil {
		return nil, time.Time{}, err
	}
	journal, err = j.openEncrypted(name, true)
	return journal, time.Time{}, err
}

// journalPatience is how long a reading that resumes waits for the one before it:
// a host that cancels a call goes on before the call has ended.
const (
	journalPatience = 2 * time.Second
	journalPoll     = 20 * time.Millisecond
)

// await opens the journal of a reading that goes on, once the reading
// before it has let it go.
func (j journals) await(ctx context.Context, table *schema.Table, survey exporter.Survey) *runJournal {
	name, err := j.name(table, survey, nil)
	deadline := time.NewTimer(journalPatience)
	defer deadline.Stop()
	for err == nil && j.keeps(table) {
		var held exporter.Journal
		if held, err = j.workspace.Journal(name, false); err == nil {
			_ = held.Close() // open says what is wrong with it
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
	return j.open(table, survey, nil, false)
}

// keeps reports whether a walk can be continued at all: a simulation ends
// with its process, and a table that is one response is read anew.
func (j journals) keeps(table *schema.Table) bool {
	return table.PartitionBy == schema.PartitionUser && j.workspace != nil && j.config.Simulate == nil && !j.config.APIKey.IsZero()
}

// openEncrypted opens a journal that only the holder of the API key can read.
func (j journals) openEncrypted(name string, empty bool) (exporter.Journal, error) {
	journal, err := j.workspace.Journal(name, empty)
	if err != nil {
		return nil, err
	}
	opened, err := encrypted(journal, name, j.config.APIKey)
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return opened, nil
}

// name tells walks apart: another configuration, team, set of users, margin
// or version has another journal.
func (j journals) name(table *schema.Table, survey exporter.Survey, since map[string]exporter.Mark) (string, error) {
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
		journalVersion, j.tool, table.Fingerprint(), survey.Endpoint, survey.TeamID,
		table.Name, survey.Simulated, j.config.Users, users, j.config.Margin, since,
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return "walk-" + hex.EncodeToString(sum[:8]), nil
}

// kept is what a journal, read to its end, holds; nil when there is nothing, or it
// cannot be read.
func (j journals) kept(journal exporter.Journal) *exporter.Kept {
	if journal == nil || j.read == nil {
		return nil
	}
	kept, err := j.read(journal)
	if err != nil || kept.Pages == 0 {
		return nil
	}
	kept = j.age.judged(kept)
	return &kept
}

// find looks for the journal of the walk that a plan would make. It changes
// nothing, and gives nothing while another run is at it.
func (j journals) find(table *schema.Table, plan Plan) *exporter.Kept {
	if !j.keeps(table) {
		return nil
	}
	name, err := j.name(table, plan.Survey, plan.since(table.Name))
	if err != nil {
		return nil
	}
	journal, err := j.workspace.Look(name)
	if err != nil {
		return nil
	}
	defer func() { _ = journal.Close() }() // nothing was written
	opened, err := encrypted(journal, name, j.config.APIKey)
	if err != nil {
		return nil
	}
	return j.kept(opened)
}
