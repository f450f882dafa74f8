package sim_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// checkLists holds every list against the truth: in order, each row once, and
// exactly the team's rows in which the user takes part.
func checkLists(t *rapid.T, server *sim.Server) {
	team := server.Conversations()
	for _, user := range server.UserIDs() {
		var want []string
		for _, c := range team {
			if slices.Contains(c.Users, user) {
				want = append(want, c.ID)
			}
		}
		var got []string
		for _, c := range server.List(user) {
			got = append(got, c.ID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("list of %s: %v; the team's order says %v", user, got, want)
		}
	}
	for i := 1; i < len(team); i++ {
		a, b := team[i-1], team[i]
		if b.LastActivityAt.After(a.LastActivityAt) || b.LastActivityAt.Equal(a.LastActivityAt) && b.ID <= a.ID {
			t.Fatalf("%s (%v) stands above %s (%v)", a.ID, a.LastActivityAt, b.ID, b.LastActivityAt)
		}
	}
}

func TestMovementsKeepTheModel(t *testing.T) {
	kinds := []sim.Kind{sim.Jump, sim.Insert, sim.Delete, sim.Restore, sim.Edit, sim.Age, sim.Vanish, sim.Hand}
	rapid.Check(t, func(t *rapid.T) {
		server, err := sim.New(sim.Options{
			Users: rapid.IntRange(1, 4).Draw(t, "users"), Conversations: rapid.IntRange(1, 30).Draw(t, "conversations"),
			Seed: rapid.Uint64().Draw(t, "seed"), Unlimited: true,
			Scope: rapid.SampledFrom([]sim.Scope{sim.ScopeUser, sim.ScopeTeam}).Draw(t, "scope"),
			Drift: sim.Drift{Resolution: rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "resolution")},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 30).Draw(t, "movements") {
			before := server.Conversations()
			m := sim.Movement{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Position: rapid.Int().Draw(t, "position")}
			events := len(server.Events())
			server.Move(m)
			after := server.Conversations()
			if len(server.Events()) == events { // nothing to move
				if m.Kind == sim.Insert || m.Kind != sim.Restore && len(before) > 0 {
					t.Fatalf("%v of %d rows did nothing", m, len(before))
				}
				continue
			}
			event := server.Events()[events]
			at := slices.IndexFunc(after, func(c sim.Conversation) bool { return c.ID == event.ID })
			was := slices.IndexFunc(before, func(c sim.Conversation) bool { return c.ID == event.ID })
			more := map[sim.Kind]int{sim.Insert: 1, sim.Restore: 1, sim.Delete: -1, sim.Vanish: -1}[m.Kind]
			if len(after) != len(before)+more || at < 0 != (more == -1) || was < 0 != (more == 1) {
				t.Fatalf("%v: %d rows became %d, position %d became %d", event, len(before), len(after), was, at)
			}
			switch m.Kind {
			case sim.Jump, sim.Insert:
				if !after[at].LastActivityAt.Equal(after[0].LastActivityAt) || after[at].LastActivityAt.Before(sim.Epoch()) {
					t.Fatalf("%v: not at the top", event)
				}
			case sim.Edit:
				if at != was || string(after[at].Raw()) == string(before[was].Raw()) && after[at].Version == before[was].Version {
					t.Fatalf("%v: from %d to %d", event, was, at)
				}
			case sim.Age:
				if at < was {
					t.Fatalf("%v: rose from %d to %d", event, was, at)
				}
			default: // Delete and Restore only change the number of rows, seen above
			}
			checkLists(t, server)
		}
	})
}

// The history says for every read which versions it could see, and that is what it saw.
func TestTheHistoryTellsWhatEveryReadSaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0, 3)
		server, err := sim.New(sim.Options{
			Users: 2, Conversations: 15, Seed: rapid.Uint64().Draw(t, "seed"), Unlimited: true, LimitMax: sim.Unbounded,
			Drift: sim.Drift{
				Jumps: rate.Draw(t, "jumps"), Inserts: rate.Draw(t, "inserts"), Deletes: rate.Draw(t, "deletes"),
				Edits: rate.Draw(t, "edits"), Until: rapid.IntRange(0, 8).Draw(t, "until"),
				Script: func(step int) []sim.Movement {
					if step%4 == 0 {
						return []sim.Movement{{Kind: sim.Restore}}
					}
					return nil
				},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		d, user := direct{t, server}, server.UserIDs()[0]
		const reads = 6
		seen := make([]map[string]bool, reads+1)
		for step := 1; step <= reads; step++ {
			read := d.page(user, 1, 10_000)
			ids := read.ids()
			seen[step] = map[string]bool{}
			for _, id := range ids {
				seen[step][id] = true
			}
			if *read.Pagination.TotalItems != len(ids) {
				t.Fatalf("total %d of %d rows", *read.Pagination.TotalItems, len(ids))
			}
		}
		throughout := map[string]bool{}
		for _, versions := range server.Ever() {
			id := versions[0].ID
			if len(server.History(id)) != len(versions) {
				t.Fatalf("two histories of %s", id)
			}
			always := true
			for step := 1; step <= reads; step++ {
				current := 0
				for _, v := range versions {
					if v.From <= step && (v.To == 0 || step < v.To) {
						current++
					}
				}
				mine := slices.Contains(versions[0].Users, user)
				if current > 1 || (current == 1 && mine) != seen[step][id] {
					t.Fatalf("%s has %d versions at read %d; seen: %v", id, current, step, seen[step][id])
				}
				always = always && seen[step][id]
			}
			throughout[id] = always
		}
		maps.DeleteFunc(throughout, func(_ string, always bool) bool { return !always })
		got := map[string]bool{}
		for _, id := range server.AliveThroughout(user, 1, reads) {
			got[id] = true
		}
		if !maps.Equal(got, throughout) {
			t.Fatalf("alive throughout: %v; seen by every read: %v", got, throughout)
		}
	})
}

func TestScriptsMoveRowsBeforeTheReadTheyName(t *testing.T) {
	var steps []int
	script := func(step int) []sim.Movement {
		steps = append(steps, step)
		return map[int][]sim.Movement{
			1: {{Kind: sim.Delete, Position: 0}},
			3: {{Kind: sim.Jump, Position: -1}, {Kind: sim.Insert}},
		}[step]
	}
	a := start(t, unlimited(sim.Options{Users: 1, Conversations: 20, Drift: sim.Drift{Script: script}}))
	user, original := a.sim.UserIDs()[0], a.sim.Conversations()
	first := a.first(user, 10)
	expect(t, "total after a deletion", *first.Pagination.TotalItems, 19)
	expect(t, "first row after a deletion", first.Data[0].ID, original[1].ID)
	expect(t, "a quiet read", fmt.Sprint(a.first(user, 10).ids()), fmt.Sprint(first.ids()))
	third := a.first(user, 10)
	expect(t, "total after an insertion", *third.Pagination.TotalItems, 20)
	expect(t, "second row after a jump and an insertion", third.Data[1].ID, original[1+int((1<<64-1)%uint64(19))].ID)
	a.get("/team")
	expect(t, "steps", fmt.Sprint(steps), "[1 2 3]")
	expect(t, "events", len(a.sim.Events()), 3)
	expect(t, "step of the insertion", a.sim.Events()[2].Step, 3)
}

func TestMovementsByID(t *testing.T) {
	server, err := sim.New(sim.Options{Conversations: 10})
	if err != nil {
		t.Fatal(err)
	}
	id := server.Conversations()[6].ID
	server.Move(
		sim.Movement{Kind: sim.Restore, ID: id}, // it is there: nothing
		sim.Movement{Kind: sim.Jump, ID: id},
		sim.Movement{Kind: sim.Delete, ID: id},
		sim.Movement{Kind: sim.Jump, ID: id}, // it is not: nothing
		sim.Movement{Kind: sim.Delete, User: server.UserIDs()[0]},
		sim.Movement{Kind: sim.Restore, ID: id},
		sim.Movement{Kind: sim.Jump, ID: "ibx_nobody"},
	)
	expect(t, "top", server.Conversations()[0].ID, id)
	expect(t, "rows", len(server.Conversations()), 9)
	expect(t, "movements", len(server.Events()), 4)
	expect(t, "versions", len(server.History(id)), 3)
	if server.History("ibx_nobody") != nil || server.List("usr_nobody") != nil {
		t.Error("unknown ids have a history or a list")
	}
}
