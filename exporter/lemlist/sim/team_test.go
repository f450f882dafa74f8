package sim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

type team struct {
	ID      string   `json:"_id"`
	Name    string   `json:"name"`
	UserIDs []string `json:"userIds"`
	APIKey  string   `json:"apiKey"`
	Hooks   []struct {
		TargetURL string `json:"targetUrl"`
	} `json:"hooks"`
	SlackWebhook struct {
		URL string `json:"url"`
	} `json:"slackWebhook"`
	Billing struct {
		Customer string `json:"customer"`
	} `json:"billing"`
	Users []struct {
		UserID string `json:"userId"`
		Name   string `json:"name"`
	} `json:"users"`
}

func TestTheTeam(t *testing.T) {
	a := start(t, sim.Options{Users: 4, Seed: 9})
	v1, v2 := decode[team](t, a.get("/team")), decode[team](t, a.get("/team?version=v2"))
	expect(t, "id", v2.ID, a.sim.TeamID())
	expect(t, "name", v2.Name, "Simulated team (seed 9), no real data")
	expect(t, "userIds", fmt.Sprint(v2.UserIDs), fmt.Sprint(a.sim.UserIDs()))
	expect(t, "users of version 1", len(v1.Users), 0)
	expect(t, "users of version 2, one fewer than userIds", len(v2.Users), 3)
	expect(t, "first user", v2.Users[0].UserID, a.sim.UserIDs()[0])
	for name, value := range map[string]string{"apiKey": v2.APIKey, "hook": v2.Hooks[0].TargetURL, "slack": v2.SlackWebhook.URL, "billing": v2.Billing.Customer} {
		if !strings.Contains(value, sim.PlantedSecret) {
			t.Errorf("%s is %q, without the planted secret", name, value)
		}
	}
	expect(t, "users of a team of one", len(decode[team](t, start(t, sim.Options{Users: 1}).get("/team?version=v2")).Users), 1)
}

func TestSendersAndUsers(t *testing.T) {
	a := start(t, sim.Options{Users: 3})
	type sender struct {
		UserID    string `json:"userId"`
		Campaigns []struct{ Name string }
	}
	all := decode[[]sender](t, a.get("/team/senders"))
	expect(t, "senders", len(all), 3)
	expect(t, "campaigns", len(all[2].Campaigns), 1)
	expect(t, "senders with a state", len(decode[[]sender](t, a.get("/team/senders?state=running"))), 2)
	user := decode[map[string]any](t, a.get("/users/"+a.sim.UserIDs()[1]))
	expect(t, "user", user["_id"], any(a.sim.UserIDs()[1]))
	expect(t, "email", user["email"], any("sender-2@example.com"))
	if name, ok := user["name"]; ok {
		t.Errorf("a user has no name here, got %v", name)
	}
}

func TestLabels(t *testing.T) {
	type label struct {
		ID        string  `json:"_id"`
		CreatedAt *string `json:"createdAt"`
		CreatedBy *string `json:"createdBy"`
	}
	a := start(t, sim.Options{Users: 1, Labels: 40})
	ids := map[string]bool{}
	for n, l := range decode[[]label](t, a.get("/inbox/labels")) {
		ids[l.ID] = true
		expect(t, "createdAt is null", l.CreatedAt == nil, n%3 == 0)
		expect(t, "createdBy is null", l.CreatedBy == nil, n%3 == 0)
	}
	expect(t, "distinct labels", len(ids), 40)
	expect(t, "labels by default", len(decode[[]label](t, start(t, sim.Options{}).get("/inbox/labels"))), 3)
	expect(t, "no labels", start(t, sim.Options{Labels: sim.None}).get("/inbox/labels").body, "[]")
	expect(t, "another seed", start(t, sim.Options{Seed: 1}).get("/inbox/labels").body == start(t, sim.Options{Seed: 2}).get("/inbox/labels").body, false)
}

func TestRowsNameTheTeamsLabels(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 1, Conversations: 200}))
	labels, named := a.get("/inbox/labels").body, 0
	for _, c := range a.sim.Conversations() {
		var row struct {
			LabelIDs []string `json:"labelIds"`
		}
		if err := json.Unmarshal(c.Raw(), &row); err != nil {
			t.Fatal(err)
		}
		for _, id := range row.LabelIDs {
			named++
			expect(t, id+" is a label of the team", strings.Contains(labels, `"`+id+`"`), true)
		}
	}
	if named == 0 {
		t.Error("no row names a label")
	}
}
