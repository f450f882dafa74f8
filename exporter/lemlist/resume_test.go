package lemlist

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// notebook is a journal in memory.
type notebook struct {
	entries [][]byte
	taken   int
}

func (n *notebook) Entries() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for n.taken = 0; n.taken < len(n.entries); n.taken++ {
			if !yield(n.entries[n.taken], nil) {
				return
			}
		}
	}
}

func (n *notebook) Append(entry []byte) error {
	n.entries = append(n.entries[:n.taken], bytes.Clone(entry))
	n.taken++
	return nil
}

func (n *notebook) Close() error  { return nil }
func (n *notebook) Remove() error { return nil }

// fatal is what *testing.T and *rapid.T share.
type fatal interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// newestOf is the versions that a walk showed, the newest of every conversation.
type newestOf map[string]time.Time

// leg walks a team with the journal, and stops after some pages.
func leg(t fatal, url string, team *sim.Server, journal exporter.Journal, most int) (newestOf, exporter.Proof) {
	t.Helper()
	return legSince(t, url, team, nil, journal, most)
}

// thrifty makes a leg of a run that has so much memory.
type thrifty struct {
	exporter.Journal
	memory int64
	// surveys has a survey go before the walk, and these movements follow it.
	surveys   bool
	movements []sim.Movement
}

// legSince does the same since marks.
func legSince(t fatal, url string, team *sim.Server, since map[string]exporter.Mark, journal exporter.Journal, most int) (newestOf, exporter.Proof) {
	t.Helper()
	var makes thrifty
	options := Options{Margin: exporter.Margin{Lookback: 100 * time.Millisecond, Settle: time.Millisecond}, Endpoint: url, Key: exporter.NewSecret(team.Key()), Unlimited: true}
	if little, ok := journal.(thrifty); ok {
		options.Memory, makes = little.memory, little
	}
	source, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	if makes.surveys {
		if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
			t.Fatal(err)
		}
		team.Move(makes.movements...)
	}
	walk := source.Walk(t.Context(), schema.InboxConversations(), since, journal)
	shown := make(newestOf)
	pages := 0
	for page, err := range walk.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		if page.Keys.Len() != int(page.Record.NumRows()) {
			t.Fatal("a page without its keys")
		}
		for row := range page.Keys.Len() {
			key, when := strings.Clone(page.Keys.ID(row)), exporter.At(page.Keys.Version(row))
			if !when.Before(shown[key]) {
				shown[key] = when
			}
		}
		if pages++; pages == most {
			break
		}
	}
	return shown, walk.Proof()
}

// However often a walk is cut short, wherever, with whatever moves meanwhile and
// however much of the journal is lost: the walk that ends shows every
// conversation in its newest version.
func TestAWalkThatIsCutShortIsContinued(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := rapid.SliceOfN(rapid.SliceOfN(movements(), 0, 3), 0, 60).Draw(t, "script")
		var atRest atomic.Bool
		team, err := sim.New(sim.Options{
			Users: rapid.IntRange(1, 5).Draw(t, "users"), Conversations: rapid.IntRange(1, 90).Draw(t, "conversations"),
			Seed: rapid.Uint64().Draw(t, "seed"), LimitMax: 10, Unlimited: true, Gzip: rapid.Bool().Draw(t, "gzip"),
			Drift: sim.Drift{Script: func(step int) []sim.Movement {
				if step <= len(script) && !atRest.Load() {
					return script[step-1]
				}
				return nil
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		running, err := team.Start(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = running.Close() }()
		journal := new(notebook)
		run := func() thrifty {
			one := thrifty{Journal: journal, memory: rapid.SampledFrom([]int64{1, 1 << 17, 1 << 18, exporter.DefaultMemory}).Draw(t, "memory")} // pages in flight: 1, a few, many
			if one.surveys = rapid.Bool().Draw(t, "surveys"); one.surveys {
				one.movements = rapid.SliceOfN(movements(), 0, 5).Draw(t, "after the survey")
			}
			return one
		}
		for range rapid.IntRange(1, 3).Draw(t, "cuts") {
			leg(t, running.URL(), team, run(), rapid.IntRange(1, 40).Draw(t, "pages"))
			lost := rapid.IntRange(0, min(3, len(journal.entries))).Draw(t, "lost")
			journal.entries = journal.entries[:len(journal.entries)-lost]
			journal.taken = min(journal.taken, len(journal.entries))
			team.Move(rapid.SliceOfN(movements(), 0, 5).Draw(t, "meanwhile")...)
		}
		atRest.Store(true)
		shown, proof := leg(t, running.URL(), team, run(), 0)
		if !proof.Complete {
			t.Fatalf("not complete: %v", proof.Reasons)
		}
		for _, conversation := range team.Conversations() {
			if got, ok := shown[conversation.ID]; !ok || !got.Equal(conversation.LastActivityAt) {
				t.Fatalf("%s is shown with %v, its newest version is %v; %d pages taken over", conversation.ID, got, conversation.LastActivityAt, proof.Resumed)
			}
		}
		for id := range shown {
			if len(team.History(id)) == 0 {
				t.Fatalf("%s never was", id)
			}
		}
		if violations := team.Violations(); len(violations) > 0 {
			t.Fatal(violations)
		}
	})
}

func movements() *rapid.Generator[sim.Movement] {
	return rapid.Custom(func(t *rapid.T) sim.Movement {
		return sim.Movement{
			Kind:     rapid.SampledFrom([]sim.Kind{sim.Jump, sim.Insert, sim.Delete}).Draw(t, "kind"),
			Position: rapid.IntRange(0, 300).Draw(t, "position"),
		}
	})
}

// On a list at rest nothing that is in the journal is fetched again, but for one
// sweep a list.
func TestAContinuedWalkFetchesWhatIsMissing(t *testing.T) {
	for _, users := range []int{1, 3} {
		t.Run(fmt.Sprint(users), func(t *testing.T) {
			team, err := sim.New(sim.Options{Users: users, Conversations: 600, LimitMax: 10, Unlimited: true})
			if err != nil {
				t.Fatal(err)
			}
			running, err := team.Start(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = running.Close() }()
			_, whole := leg(t, running.URL(), team, nil, 0)
			for _, cut := range []int{1, 7, 30, 59, 1 << 20} {
				journal := new(notebook)
				leg(t, running.URL(), team, journal, cut)
				kept := len(journal.entries)
				before := len(team.Calls())
				_, proof := leg(t, running.URL(), team, journal, 0)
				calls := len(team.Calls()) - before - 1 // the team
				if missing := int(whole.Requests) - kept; calls > max(missing, 0)+prover.MostInFlight+2*users {
					t.Errorf("cut after %d pages, %d kept: %d requests where about %d were missing", cut, kept, calls, missing)
				}
				if !proof.Complete || int(proof.Resumed) != kept || proof.ResumedFrom == nil {
					t.Errorf("cut after %d pages, %d kept: %+v", cut, kept, proof)
				}
			}
		})
	}
}

// A journal that answers other questions is dropped, not believed.
func TestAJournalOfAnotherWalkIsDropped(t *testing.T) {
	teams := make([]*sim.Server, 2)
	journal := new(notebook)
	for i := range teams {
		team, err := sim.New(sim.Options{Users: 1, Conversations: 100, Seed: uint64(i), LimitMax: 10, Unlimited: true})
		if err != nil {
			t.Fatal(err)
		}
		teams[i] = team
		running, err := team.Start(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = running.Close() }()
		_, proof := leg(t, running.URL(), team, journal, 5*(1-i))
		if i == 1 && (proof.Resumed != 0 || !proof.Complete) {
			t.Errorf("another team's journal was taken over: %+v", proof)
		}
	}
	if !slices.ContainsFunc(journal.entries, func(entry []byte) bool { return bytes.Contains(entry, []byte(teams[1].UserIDs()[0])) }) {
		t.Error("the new walk kept nothing")
	}
}
