package sim_test

import (
	"context"
	"fmt"
	"math/bits"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func newTeams(t *testing.T, options sim.TeamsOptions) *sim.Teams {
	t.Helper()
	teams, err := sim.NewTeams(options)
	if err != nil {
		t.Fatal(err)
	}
	return teams
}

// ask sends a request with a key; "" sends none.
func ask(handler http.Handler, path, key string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/api"+path, nil)
	if key != "" {
		r.SetBasicAuth("", key)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestEachKeyOpensItsTeamAlone(t *testing.T) {
	teams := newTeams(t, sim.TeamsOptions{Count: 12, Each: sim.Options{Conversations: 500, Seed: 7}})
	var keys, ids []string
	for _, team := range teams.List() {
		keys, ids = append(keys, team.Key()), append(ids, team.TeamID())
		if got := ask(teams, "/team", team.Key()); !strings.Contains(got.Body.String(), team.TeamID()) {
			t.Errorf("%s: %d %s", team.Name, got.Code, got.Body)
		}
		expect(t, team.Name+" conversations", len(team.Conversations()), team.Size)
		expect(t, team.Name+" users", len(team.UserIDs()), team.Users)
		expect(t, team.Name+" requests", team.Stats().Requests, 1)
	}
	for what, texts := range map[string][]string{"keys": keys, "ids": ids} {
		slices.Sort(texts)
		expect(t, what, len(slices.Compact(texts)), 12)
	}
	expect(t, "first name", teams.List()[0].Name, "team-01")
	expect(t, "an unknown key", ask(teams, "/team", sim.DefaultKey).Code, http.StatusUnauthorized)
	expect(t, "no key", ask(teams, "/team", "").Code, http.StatusBadRequest)
	for _, team := range teams.List() {
		expect(t, team.Name+" requests", team.Stats().Requests, 1)
	}
}

func TestSizesOfTeamsAreSpreadOverTenHalvings(t *testing.T) {
	teams := newTeams(t, sim.TeamsOptions{Count: 200, Each: sim.Options{Conversations: 5000, Users: 4, Seed: 3}})
	halvings, users, largest := map[int]int{}, map[int]int{}, 0
	for _, team := range teams.List() {
		halvings[bits.Len(uint(5000/team.Size))-1]++
		users[team.Users]++
		largest = max(largest, team.Size)
	}
	expect(t, "largest", largest, 5000)
	expect(t, "numbers of users", len(users), 4)
	for halving := range 10 {
		if got := halvings[halving]; got < 5 || got > 40 {
			t.Errorf("%d of 200 teams are halved %d times", got, halving)
		}
	}
}

func TestTheSameOptionsMakeTheSameTeams(t *testing.T) {
	describe := func(seed uint64) (said []string) {
		for _, team := range newTeams(t, sim.TeamsOptions{Count: 5, Each: sim.Options{Conversations: 900, Seed: seed}}).List() {
			said = append(said, fmt.Sprint(team.Name, team.Key(), team.TeamID(), team.Users, team.Size))
		}
		return said
	}
	if a, b := describe(1), describe(1); !slices.Equal(a, b) {
		t.Errorf("%v and %v", a, b)
	}
	for i, other := range describe(2) {
		if other == describe(1)[i] {
			t.Errorf("two seeds make the team %s", other)
		}
	}
}

func TestEveryTeamHasARateLimitOfItsOwn(t *testing.T) {
	at := time.Unix(0, 0)
	teams := newTeams(t, sim.TeamsOptions{Count: 3, Each: sim.Options{Now: func() time.Time { return at }}})
	spent, other := teams.List()[0], teams.List()[2]
	for range 21 {
		ask(teams, "/inbox/labels", spent.Key())
	}
	expect(t, "the last answer of the team that asks too often", ask(teams, "/inbox/labels", spent.Key()).Code, http.StatusTooManyRequests)
	expect(t, "an answer of another team", ask(teams, "/inbox/labels", other.Key()).Code, http.StatusOK)
	expect(t, "429s of the one", spent.Stats().Throttled, 2)
	expect(t, "429s of the other", other.Stats().Throttled, 0)
	expect(t, "most requests of the one", spent.Stats().MaxInWindow, 22)
	expect(t, "most requests of the other", other.Stats().MaxInWindow, 1)
}

func TestARevokedKeyClosesItsTeamAlone(t *testing.T) {
	teams := newTeams(t, sim.TeamsOptions{Count: 3, Revoked: []string{"team-2"}})
	for _, team := range teams.List() {
		want := http.StatusOK
		if team.Revoked {
			want = http.StatusUnauthorized
		}
		expect(t, team.Name, ask(teams, "/team", team.Key()).Code, want)
		expect(t, team.Name+" is revoked", team.Revoked, team.Name == "team-2")
	}
}

func TestTeamsThatMakeNoSenseAreRefused(t *testing.T) {
	for want, options := range map[string]sim.TeamsOptions{
		"Count is 0":                   {},
		"Count is 10001":               {Count: 10_001},
		"Users is -1":                  {Count: 1, Each: sim.Options{Users: -1}},
		"leave Each.Key and Each.Rows": {Count: 1, Each: sim.Options{Key: "x"}},
		`no team is named "team-3", whose key would be revoked; the teams are team-1 to team-2`: {Count: 2, Revoked: []string{"team-3"}},
	} {
		if _, err := sim.NewTeams(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
