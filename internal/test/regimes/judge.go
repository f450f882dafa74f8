package main

import (
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// errors of an export, by conversation.
type errata struct {
	// Missing were in the lists at the beginning of the run and at its end, and are
	// not in the export.
	Missing int `json:"missing"`
	// Unseen entered the lists during the run, were there at its end, and are not in
	// the export.
	Unseen int `json:"unseen"`
	// Doubled are more than once in one file.
	Doubled int `json:"doubled"`
	// Stale are in the export in an older version than their list had at its last
	// request, or in one that never was.
	Stale int `json:"stale"`
}

// wrong reports whether an export with these errors is not what it claims to be.
func (e errata) wrong() bool { return e != errata{} }

// window is what a run could see. Steps are numbers of list reads.
type window struct {
	first, last int
	// lists are the lists that were read, by user, and the steps between which a
	// conversation must have stood there to be asked for: the last request of the list,
	// and the grace before it.
	lists map[string]stretch
}

type stretch struct{ from, to int }

// observe returns the window of the calls of a run. A list counts when a page of it
// was answered. With a grace, what changed so long before the last request is not
// asked for; earlier is a step before the run that lies longer ago than any grace, 0
// when there is none.
func observe(calls []sim.Call, grace time.Duration, earlier int) window {
	w := window{lists: map[string]stretch{}}
	ends := map[string]time.Time{}
	for _, c := range calls {
		if c.Step == 0 {
			continue
		}
		if w.first == 0 || c.Step < w.first {
			w.first = c.Step
		}
		w.last = max(w.last, c.Step)
		if c.Status == 200 && c.Step >= w.lists[c.User].to {
			w.lists[c.User], ends[c.User] = stretch{c.Step, c.Step}, c.Arrived
		}
	}
	if grace == 0 {
		return w
	}
	if earlier > 0 {
		w.first = earlier
	}
	for user, list := range w.lists {
		list.from = w.first
		for _, c := range calls {
			if c.Step > list.from && c.Step <= list.to && !c.Arrived.After(ends[user].Add(-grace)) {
				list.from = c.Step
			}
		}
		w.lists[user] = list
	}
	return w
}

func (w window) users() []string {
	users := make([]string, 0, len(w.lists))
	for user := range w.lists {
		users = append(users, user)
	}
	return users
}

// judge compares an export with the truth. With newest an export is all the files of
// an append: of each conversation its newest version counts.
func judge(rows []exported, truth [][]sim.Version, w window, newest bool) errata {
	var found errata
	held := map[string]exported{}
	twice := map[string]bool{}
	for _, row := range rows {
		before, there := held[row.id]
		if there && !newest {
			twice[row.id] = true
		}
		if !there || row.at.After(before.at) {
			held[row.id] = row
		}
	}
	found.Doubled = len(twice)
	users := w.users()
	for _, versions := range truth {
		row, there := held[versions[0].ID]
		delete(held, versions[0].ID)
		switch {
		case there && w.stale(row, versions):
			found.Stale++
		case there || !w.asks(versions, users):
		default:
			if _, old := sim.At(versions, users, w.first); old {
				found.Missing++
			} else {
				found.Unseen++
			}
		}
	}
	found.Stale += len(held) // what never was
	return found
}

// asks reports whether a conversation has to be in the export: it was in one of the
// lists all the time, or in the list of a user when that was looked at last.
func (w window) asks(versions []sim.Version, users []string) bool {
	if sim.Throughout(versions, users, w.first, w.last) {
		return true
	}
	for user, list := range w.lists {
		if sim.Throughout(versions, []string{user}, list.from, list.to) {
			return true
		}
	}
	return false
}

// stale reports whether an exported row is older than the version that stood in a
// list when that was looked at last.
func (w window) stale(row exported, versions []sim.Version) bool {
	same := func(v sim.Version) bool { return v.LastActivityAt.Equal(row.at) }
	if !slices.ContainsFunc(versions, same) {
		return true
	}
	for user, list := range w.lists {
		if !sim.Throughout(versions, []string{user}, list.from, list.to) {
			continue
		}
		least, _ := sim.At(versions, []string{user}, list.from)
		fresh := func(v sim.Version) bool { return same(v) && v.From >= least.From }
		if !slices.ContainsFunc(versions, fresh) {
			return true
		}
	}
	return false
}
