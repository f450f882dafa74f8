package exporter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// lineage checks what the manifest says of the runs before it. A snapshot has none.
func (v *Verification) lineage() {
	m := v.Manifest
	if m.Mode == ModeSnapshot {
		return
	}
	for _, user := range m.Proof.Users {
		watermark, ok := m.Watermarks[user.UserID]
		switch {
		case !user.Complete || user.Watermark == nil:
		case !ok || !watermark.Equal(*user.Watermark):
			v.check("lineage", false, "the watermark of %s is not what its walk has proven", user.UserID)
			return
		case user.Since != nil && user.Since.After(watermark):
			v.check("lineage", false, "the inbox of %s was read since %s, which is after its watermark", user.UserID, user.Since.Format(time.RFC3339))
			return
		}
	}
	if user := m.misremembered(); user != "" {
		v.check("lineage", false, "what is remembered of the newest rows of %s does not fit its watermark", user)
		return
	}
	full, increment := m.FullProof, !m.Proof.whole()
	switch {
	case full == nil && increment && m.Proof.Complete:
		v.check("lineage", false, "an increment without a full proof that it goes on from")
	case full != nil && full.RunID == m.RunID && increment:
		v.check("lineage", false, "an increment that says it is a full proof")
	case full != nil && full.FinishedAt.After(m.Window.FinishedAt):
		v.check("lineage", false, "the full proof is younger than the file")
	case m.Changes != nil && !m.Changes.addUp(m):
		v.check("lineage", false, "the changes %+v do not make %d rows", *m.Changes, m.Rows)
	case full == nil:
		v.check("lineage", true, "no full proof yet")
	case full.RunID == m.RunID:
		v.check("lineage", true, "every inbox walked in full by this run")
	default:
		v.check("lineage", true, "an increment; the last full proof is of %s (run %s)", full.FinishedAt.Format(time.RFC3339), full.RunID)
	}
}

// misremembered is a user whose recent rows cannot be right; empty when there is none.
func (m Manifest) misremembered() string {
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
func (c Changes) addUp(m Manifest) bool {
	stayed := c.Updated + c.Refreshed + c.Kept
	return m.Previous != nil && stayed+c.Added == m.Rows && stayed+c.Removed == m.Previous.Rows
}

// VerifyEach verifies every export at location: of a destination the file of a
// snapshot or a merge and the files of an append, or the files of a folder of
// those, or one file.
func (e *Engine) VerifyEach(ctx context.Context, location string) iter.Seq2[Verification, error] {
	return func(yield func(Verification, error) bool) {
		found := e.appended(ctx, location)
		if len(found) == 0 {
			yield(e.Verify(ctx, location))
			return
		}
		for _, name := range found {
			one, err := e.verifyAt(ctx, location, name)
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

// appended lists the files of an append export at a location, by their names in
// the destination there, and that of another export beside them. Where there is
// none, or none can be found, Verify says what is wrong.
func (e *Engine) appended(ctx context.Context, location string) []string {
	if location == "" {
		return nil
	}
	destination, err := e.OpenDestination(location)
	if err != nil {
		return nil
	}
	table := schema.InboxConversations().Name
	list := func(folder string, wanted func(name string) bool) (found []string) {
		names, err := destination.List(ctx, folder)
		if err != nil {
			return nil // a file, as a rule
		}
		for _, name := range names {
			if _, ok := e.formatOf(name); ok && wanted(name) {
				found = append(found, name)
			}
		}
		return found
	}
	every := func(string) bool { return true }
	if path.Base(filepath.ToSlash(location)) == table {
		return list("", every)
	}
	found := list(table, every)
	if len(found) == 0 {
		return nil
	}
	return append(list("", func(name string) bool { return strings.TrimSuffix(name, path.Ext(name)) == table }), found...)
}

func (e *Engine) formatOf(name string) (Format, bool) {
	for _, format := range e.Formats {
		if strings.EqualFold(path.Ext(name), format.Extension()) {
			return format, true
		}
	}
	return nil, false
}

func (e *Engine) verifyAt(ctx context.Context, location, name string) (result Verification, err error) {
	format, ok := e.formatOf(name)
	if !ok {
		return Verification{}, fmt.Errorf("%s: no known file format", name)
	}
	file, url, err := e.openAt(ctx, location, format, name)
	if err != nil {
		return Verification{}, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	return verifyFile(ctx, file, url)
}
