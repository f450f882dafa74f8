package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// ageLimit bounds the age of the oldest page of a walk: its rows may have been erased
// since.
type ageLimit struct {
	now  func() time.Time
	most time.Duration
}

// judged is what a journal holds with its age, and whether it is too old to be taken
// over.
func (a ageLimit) judged(kept exporter.Kept) exporter.Kept {
	now := a.now()
	age := now.Round(0).Sub(kept.From.Round(0))
	kept.Age = max(now.Sub(kept.Until), 0).Seconds()
	kept.OldestAge = max(age, 0).Seconds()
	kept.Expires = kept.From.Add(a.most)
	switch {
	case kept.From.After(now) || kept.Until.After(now):
		kept.Expired = "it is dated in the future, so its age is not known"
	case age > a.most:
		kept.Expired = tooOld(age, a.most)
	}
	return kept
}

// lifetime is that of a walk that begins now, or began when the journal did.
func (a ageLimit) lifetime(journal *runJournal) lifetime {
	if journal == nil || journal.since.IsZero() {
		return lifetime{limit: a, since: a.now()}
	}
	return lifetime{limit: a, since: journal.since}
}

// lifetime is the age limit of one walk. It counts from the request of the oldest page,
// whether an earlier run sent it or this one, however often the walk was cut short or
// the machine slept.
type lifetime struct {
	limit ageLimit
	since time.Time
}

// with is the lifetime of a walk that has such a page: it may be one of the survey, which
// began then.
func (l lifetime) with(page exporter.Page, surveyed time.Time) lifetime {
	if page.Surveyed && surveyed.Before(l.since) {
		l.since = surveyed
	}
	return l
}

// over says why nothing is proven by the walk any more; "" while it is.
func (l lifetime) over() string {
	now := l.limit.now()
	// The monotonic clock stands still while a machine sleeps, the other one may be
	// set back: the longer time counts.
	age := max(now.Sub(l.since), now.Round(0).Sub(l.since.Round(0)))
	if age <= l.limit.most {
		return ""
	}
	return tooOld(age, l.limit.most) + ": what was erased since may be among its rows"
}

// tooOld says that the oldest page of a walk is older than most.
func tooOld(age, most time.Duration) string {
	return fmt.Sprintf("its first page is %s old, and journal_max_age allows %s", aged(age), exporter.Span(most))
}

// aged is an age for people, to the second or, when it is long, to the minute.
func aged(age time.Duration) string {
	if age < time.Hour {
		return exporter.Span(age.Round(time.Second))
	}
	return exporter.Span(age.Round(time.Minute))
}

// outlived is a proof without its claim, where the walk took too long; reason is ""
// where it did not.
func outlived(proof exporter.Proof, reason string) exporter.Proof {
	if reason == "" {
		return proof
	}
	proof.Complete, proof.Method = false, ""
	proof.Reasons = append([]string{"the walk is not proven: " + reason}, proof.Reasons...)
	proof.Partitions = slices.Clone(proof.Partitions)
	for i := range proof.Partitions {
		if user := &proof.Partitions[i]; user.Complete {
			user.Complete, user.Method, user.Reason = false, "", reason
		}
	}
	return proof
}
