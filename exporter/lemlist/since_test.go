package lemlist

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// marksOf is what a proof leaves for the next walk of the team.
func marksOf(proof exporter.Proof) map[string]exporter.Mark {
	marks := make(map[string]exporter.Mark)
	for _, user := range proof.Partitions {
		if user.Complete && user.Doubt == "" && user.Watermark != nil {
			marks[user.Partition] = exporter.Mark{Newest: *user.Watermark, Total: user.TotalEnd}
		}
	}
	return marks
}

// Walks of a team, each since the one before, over HTTP, any of them cut short
// and continued, while conversations move: together they show every
// conversation in its newest version.
func TestIncrementsOfATeamMayBeCutShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := rapid.SliceOfN(rapid.SliceOfN(movements(), 0, 2), 0, 60).Draw(t, "script")
		var atRest atomic.Bool
		team, err := sim.New(sim.Options{
			Users: rapid.IntRange(1, 4).Draw(t, "users"), Conversations: rapid.IntRange(1, 90).Draw(t, "conversations"),
			Seed: rapid.Uint64().Draw(t, "seed"), LimitMax: 10, Unlimited: true,
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
		var marks map[string]exporter.Mark
		all := make(newestOf)
		walks := rapid.IntRange(2, 3).Draw(t, "walks")
		for i := range walks {
			journal := new(notebook)
			for range rapid.IntRange(0, 1).Draw(t, "cuts") {
				legSince(t, running.URL(), team, marks, journal, rapid.IntRange(1, 10).Draw(t, "pages"))
				team.Move(rapid.SliceOfN(movements(), 0, 4).Draw(t, "meanwhile")...)
			}
			atRest.Store(i == walks-1)
			shown, proof := legSince(t, running.URL(), team, marks, journal, 0)
			if !proof.Complete {
				t.Fatalf("not complete: %v", proof.Reasons)
			}
			for id, at := range shown {
				if !at.Before(all[id]) {
					all[id] = at
				}
			}
			for _, user := range proof.Partitions {
				if _, marked := marks[user.Partition]; marked != (user.Since != nil) || user.Widened != "" {
					t.Fatalf("%+v, since %v", user, marks[user.Partition])
				}
			}
			marks = marksOf(proof)
			if i < walks-1 {
				team.Move(rapid.SliceOfN(movements(), 0, 30).Draw(t, "in between")...)
			}
		}
		for _, conversation := range team.Conversations() {
			if got, ok := all[conversation.ID]; !ok || !got.Equal(conversation.LastActivityAt) {
				t.Fatalf("%s is shown with %v, its newest version is %v", conversation.ID, got, conversation.LastActivityAt)
			}
		}
		if violations := team.Violations(); len(violations) > 0 {
			t.Fatal(violations)
		}
	})
}

// Five rows of one time stand across the end of the third page. The page that was to
// close the hole there showed more of them than had been seen: where the hole is now
// is below these.
func TestAHoleInOneTimeMovesWithItsRows(t *testing.T) {
	team, err := sim.New(sim.Options{Users: 1, Conversations: 31, Seed: 0x7e6335387f, LimitMax: 10, Unlimited: true})
	if err != nil {
		t.Fatal(err)
	}
	running, err := team.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Close() }()
	var times []time.Time
	for _, conversation := range team.Conversations() {
		times = append(times, conversation.LastActivityAt)
	}
	slices.SortFunc(times, time.Time.Compare)
	if !times[0].Equal(times[4]) {
		t.Fatal("the last five conversations are not of one time")
	}
	journal := new(notebook)
	legSince(t, running.URL(), team, nil, journal, 2)
	team.Move(sim.Movement{Kind: sim.Delete, Position: 10}, sim.Movement{Kind: sim.Insert})
	shown, proof := legSince(t, running.URL(), team, nil, journal, 0)
	if !proof.Complete || len(shown) < 31 {
		t.Errorf("%d conversations, not complete: %v", len(shown), proof.Reasons)
	}
}

// An increment over HTTP, at the usual pace and in virtual time: one request a
// user when nothing has moved, at the same time; and no 429.
func TestAnIncrementInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, source, _ := virtual(t, sim.Options{Users: 3, Conversations: 2000, Latency: 300 * time.Millisecond})
		read := func(since map[string]exporter.Mark) (exporter.Proof, time.Duration) {
			walk, began := source.Walk(t.Context(), schema.InboxConversations(), since, nil), time.Now()
			for _, err := range walk.Pages() {
				if err != nil {
					t.Fatal(err)
				}
			}
			if proof := walk.Proof(); !proof.Complete || proof.Throttled > 0 {
				t.Fatalf("%+v", proof)
			}
			return walk.Proof(), time.Since(began)
		}
		whole, _ := read(nil)
		quiet, took := read(marksOf(whole))
		if quiet.Requests != 3 || took > 3*time.Second || quiet.Method != prover.MethodSince {
			t.Errorf("nothing has moved: %d requests in %v by %s", quiet.Requests, took, quiet.Method)
		}
		for i := range 300 {
			api.Move(sim.Movement{Kind: sim.Jump, Position: i * 7919})
		}
		moved, took := read(marksOf(quiet))
		if moved.Requests > 12 || took > 4*time.Second {
			t.Errorf("300 have moved: %d requests in %v", moved.Requests, took)
		}
		t.Logf("%d requests for everything, %d for 300 movements, in %v", whole.Requests, moved.Requests, took)
	})
}

// Every list of an increment takes several pages, so that it is swept once more when servers
// that are behind have caught up. The lists wait for that at the same time, although one
// request at a time is enough. Time is virtual.
func TestListsOfAnIncrementWaitAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		usual := func(o *Options) { o.Unlimited, o.Margin = true, exporter.DefaultMargin() }
		api, source, _ := virtual(t, sim.Options{Users: 10, Conversations: 10_000, Unlimited: true}, usual)
		read := func(since map[string]exporter.Mark) (exporter.Proof, time.Duration) {
			walk, began := source.Walk(t.Context(), schema.InboxConversations(), since, nil), time.Now()
			for _, err := range walk.Pages() {
				if err != nil {
					t.Fatal(err)
				}
			}
			return walk.Proof(), time.Since(began)
		}
		whole, _ := read(nil)
		for i := range 2000 {
			api.Move(sim.Movement{Kind: sim.Jump, Position: i * 7919})
		}
		moved, took := read(marksOf(whole))
		if !whole.Complete || !moved.Complete {
			t.Fatalf("%+v, then %+v", whole, moved)
		}
		if settle := exporter.DefaultMargin().Settle; took < settle || took > settle+time.Second {
			t.Errorf("%d requests of %d lists took %v, where each list waits %v", moved.Requests, len(moved.Partitions), took, settle)
		}
	})
}
