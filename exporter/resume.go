package exporter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
)

// journalVersion changes with the form of the entries, or with the walk.
const journalVersion = 2

// openJournal opens the journal of this very walk. Without one the run goes on:
// a journal saves requests, it does not make the export right.
func (r *Run) openJournal(plan Plan, options ApplyOptions) *runJournal {
	j := &runJournal{obs: r.obs}
	if r.engine.Workspace == nil || r.config.Simulate != nil {
		return j
	}
	name, err := r.journalName(plan)
	if err == nil {
		j.inner, err = r.engine.Workspace.Journal(name, options.NoResume)
	}
	if err != nil {
		j.inner = nil
		r.obs.Observe(NotResumable{Reason: err.Error()})
	}
	return j
}

// journalName tells walks apart: another configuration, team, set of users or
// version has another journal.
func (r *Run) journalName(plan Plan) (string, error) {
	var users []string
	for _, user := range plan.Survey.Users {
		users = append(users, user.UserID)
	}
	body, err := json.Marshal(struct {
		Version               int
		Tool                  Tool
		Fingerprint           string
		Endpoint, Team, Table string
		Simulated             bool
		Chosen, Users         []string
		Since                 map[string]Mark
	}{
		journalVersion, r.engine.Tool, r.targets[0].table.Fingerprint(), plan.Survey.Endpoint, plan.Survey.TeamID,
		r.targets[0].table.Name, plan.Survey.Simulated, r.config.Users, users, plan.since(),
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
	inner Journal
	obs   Observer
}

// orNil is the journal for a walk; nil when there is none.
func (j *runJournal) orNil() Journal {
	if j.inner == nil {
		return nil
	}
	return j
}

// Entries implements Journal.
func (j *runJournal) Entries() iter.Seq2[[]byte, error] { return j.inner.Entries() }

// Append implements Journal. It never fails.
func (j *runJournal) Append(entry []byte) error {
	if j.inner == nil {
		return nil
	}
	if err := j.inner.Append(entry); err != nil {
		j.obs.Observe(NotResumable{Reason: err.Error()})
		_ = j.inner.Remove() // best effort: its disk is in trouble
		j.inner = nil
	}
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
	return j.inner.Remove()
}
