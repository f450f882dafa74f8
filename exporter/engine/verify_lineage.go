package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// checkLineage checks what the manifest of a merge or an append says of the runs before it.
func checkLineage(m exporter.Manifest) Check {
	const name = "lineage"
	for _, user := range m.Proof.Partitions {
		watermark, ok := m.Watermarks[user.Partition]
		switch {
		case !user.Complete || user.Watermark == nil:
		case !ok || !watermark.Equal(*user.Watermark):
			return checked(name, false, "the watermark of %s is not what its walk has proven", user.Partition)
		case user.Since != nil && user.Since.After(watermark):
			return checked(name, false, "the inbox of %s was read since %s, which is after its watermark", user.Partition, user.Since.Format(time.RFC3339))
		}
	}
	if user := misremembered(m); user != "" {
		return checked(name, false, "what is remembered of the newest rows of %s does not fit its watermark", user)
	}
	full, increment := m.FullProof, !m.Proof.Whole()
	switch {
	case full == nil && increment && m.Proof.Complete:
		return checked(name, false, "an increment without a full proof to build on")
	case full != nil && full.RunID == m.RunID && increment:
		return checked(name, false, "an increment that says it is a full proof")
	case full != nil && full.FinishedAt.After(m.Window.FinishedAt):
		return checked(name, false, "the full proof is younger than the file")
	case m.Changes != nil && !addUp(*m.Changes, m):
		return checked(name, false, "the changes %+v do not make %d rows", *m.Changes, m.Rows)
	case full == nil:
		return checked(name, true, "no full proof yet")
	case full.RunID == m.RunID:
		return checked(name, true, "every inbox walked in full by this run")
	}
	return checked(name, true, "an increment; the last full proof is of %s (run %s)", full.FinishedAt.Format(time.RFC3339), full.RunID)
}

// misremembered is a user whose recent rows cannot be right; empty when there is none.
func misremembered(m exporter.Manifest) string {
	for _, user := range slices.Sorted(maps.Keys(m.Recent)) {
		recent := m.Recent[user]
		watermark, ok := m.Watermarks[user]
		rows, err := decodePrints(recent.Rows)
		if !ok || recent.Floor.After(watermark) || err != nil || !slices.IsSortedFunc(rows, rowPrint.compare) {
			return user
		}
	}
	return ""
}

// addUp reports whether the changes lead from the previous rows to those of the file.
func addUp(c exporter.Changes, m exporter.Manifest) bool {
	stayed := exporter.Sum(c.Updated, c.Refreshed, c.Kept)
	return m.Previous != nil && exporter.Sum(stayed, c.Added) == m.Rows && exporter.Sum(stayed, c.Removed) == m.Previous.Rows
}
