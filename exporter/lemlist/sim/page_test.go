package sim_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestTheAnswersOfASeedAreGolden(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 8, Conversations: 30, Seed: 7}))
	odd := start(t, unlimited(sim.Options{Users: 8, Seed: 7, NullForAbsent: true, TypeSurprises: true}))
	two := start(t, unlimited(sim.Options{Users: 2, Conversations: 30, Seed: 7}))
	for name, got := range map[string]answer{
		"page":       two.get("/inbox?limit=12&userId=" + two.sim.UserIDs()[1]),
		"team":       a.get("/team?version=v2"),
		"team_odd":   odd.get("/team?version=v2"),
		"labels":     a.get("/inbox/labels"),
		"labels_odd": odd.get("/inbox/labels"),
	} {
		t.Run(name, func(t *testing.T) {
			var indented bytes.Buffer
			if err := json.Indent(&indented, []byte(got.body), "", "  "); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, indented.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), indented.String()); diff != "" {
				t.Errorf("the seed gives other bytes (-update if meant):\n%s", diff)
			}
		})
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	read := func(seed uint64) string {
		a := start(t, unlimited(sim.Options{Seed: seed, Drift: sim.Drift{Jumps: 2, Inserts: 1, Deletes: 0.5}}))
		all := ""
		for _, user := range a.sim.UserIDs() {
			for number := 1; number < 6; number++ {
				all += a.get("/inbox?page=" + string(rune('0'+number)) + "&userId=" + user).body
			}
		}
		return all
	}
	first := read(1)
	if read(1) != first {
		t.Error("seed 1 gave two different teams")
	}
	if read(2) == first {
		t.Error("seeds 1 and 2 gave the same team")
	}
}

// Without drift the pages of a user, whatever their size, hold every
// conversation of the user once, in the order of the truth, and the envelope
// counts them right.
func TestPagesHoldEveryConversationOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := sim.Options{
			Users: rapid.IntRange(1, 6).Draw(t, "users"), Conversations: rapid.IntRange(1, 300).Draw(t, "conversations"),
			Seed: rapid.Uint64().Draw(t, "seed"), Unlimited: true, LimitMax: sim.Unbounded,
			Scope:    rapid.SampledFrom([]sim.Scope{sim.ScopeUser, sim.ScopeAnswered, sim.ScopeTeam}).Draw(t, "scope"),
			Unsorted: rapid.Bool().Draw(t, "unsorted"),
		}
		size := rapid.IntRange(1, 60).Draw(t, "size")
		direct := newDirect(t, o)
		seen := map[string]bool{}
		for _, user := range direct.sim.UserIDs() {
			var walked, want []string
			var total int
			for number := 1; ; number++ {
				p := direct.page(user, number, size)
				walked = append(walked, p.ids()...)
				total = *p.Pagination.TotalItems
				if string(p.Pagination.NextPage) == "null" {
					break
				}
				if len(p.Data) != size {
					t.Fatalf("page %d has %d rows and a next page; the size is %d", number, len(p.Data), size)
				}
			}
			for _, c := range direct.sim.List(user) {
				want = append(want, c.ID)
				seen[c.ID] = true
				if !slices.Contains(c.Users, user) {
					t.Fatalf("%s stands in a list of %s and not in its Users", c.ID, user)
				}
				if o.Scope == sim.ScopeAnswered && !c.HaveReplies {
					t.Fatalf("%s is not answered", c.ID)
				}
			}
			if !slices.Equal(walked, want) || total != len(want) {
				t.Fatalf("walked %v, total %d; the list is %v", walked, total, want)
			}
		}
		all := direct.sim.Conversations()
		if o.Scope != sim.ScopeAnswered && len(seen) != o.Conversations || len(all) != o.Conversations {
			t.Fatalf("%d of %d conversations in the lists, %d in the team", len(seen), o.Conversations, len(all))
		}
		ids := map[string]bool{}
		for i, c := range all {
			ids[c.ID] = true
			if i > 0 && !o.Unsorted && (c.LastActivityAt.After(all[i-1].LastActivityAt) ||
				c.LastActivityAt.Equal(all[i-1].LastActivityAt) && c.ID < all[i-1].ID) {
				t.Fatalf("%s stands after %s", c.ID, all[i-1].ID)
			}
		}
		if len(ids) != len(all) {
			t.Fatalf("%d conversations share %d ids", len(all), len(ids))
		}
	})
}

// The truth about a row is what the API serves.
func TestRawIsWhatIsServed(t *testing.T) {
	a := start(t, unlimited(sim.Options{Conversations: 40, TypeSurprises: true, NullForAbsent: true}))
	user := a.sim.UserIDs()[0]
	rows, err := sim.PageRows([]byte(a.get("/inbox?limit=100&userId=" + user).body))
	if err != nil {
		t.Fatal(err)
	}
	list := a.sim.List(user)
	if len(rows) != len(list) || len(rows) == 0 {
		t.Fatalf("%d rows served, %d in the list", len(rows), len(list))
	}
	for i, c := range list {
		if !bytes.Equal(rows[i], c.Raw()) {
			t.Errorf("row %d is served as %s; the truth is %s", i, rows[i], c.Raw())
		}
	}
}

func TestGivenRowsAreServedByteForByte(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", "documented.json"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sim.PageRows(document)
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, unlimited(sim.Options{Rows: rows}))
	expect(t, "team", a.sim.TeamID(), "tea_8QvkOiBfPdb2ZRhHi")
	for _, user := range []string{"usr_xtJHBMYJSOHzI3ZFb", "usr_bcPQCObkKptmHw2Rp"} {
		got := a.get("/inbox?userId=" + user)
		var served, want any
		if err := json.Unmarshal([]byte(got.body), &served); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(document, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, served); diff != "" {
			t.Errorf("the documented answer comes back different:\n%s", diff)
		}
	}
	// A row without users is in every list, and a team always has somebody to ask for.
	a = start(t, unlimited(sim.Options{Rows: []json.RawMessage{[]byte(`{"_id":"ibx_a"}`), []byte(`[1, 2]`)}}))
	served, err := sim.PageRows([]byte(a.get("/inbox?userId=" + a.sim.UserIDs()[0]).body))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "rows", len(served), 2)
}
