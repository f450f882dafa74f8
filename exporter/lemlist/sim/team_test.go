package sim_test

import (
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
	for name, value := range map[string]string{"apiKey": v2.APIKey, "hook": v2.Hooks[0].TargetURL, "slack": v2.SlackWebhook.URL} {
		if !strings.Contains(value, sim.PlantedSecret) {
			t.Errorf("%s is %q, without the planted secret", name, value)
		}
	}
	expect(t, "users of a team of one", len(decode[team](t, start(t, sim.Options{Users: 1}).get("/team?version=v2")).Users), 1)
}

func TestSendersUsersAndLabels(t *testing.T) {
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
	expect(t, "labels", len(decode[[]map[string]any](t, a.get("/inbox/labels"))), 2)
}

type thread struct {
	Data []struct {
		ID         string  `json:"_id"`
		Type       string  `json:"type"`
		CreatedAt  string  `json:"createdAt"`
		Text       string  `json:"text"`
		Message    string  `json:"message"`
		CampaignID *string `json:"campaignId"`
	} `json:"data"`
	Pagination struct {
		TotalItems  int  `json:"totalItems"`
		CurrentPage int  `json:"currentPage"`
		NextPage    *int `json:"nextPage"`
		TotalPages  int  `json:"totalPages"`
	} `json:"pagination"`
}

func TestThreadsArePagedBySkip(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 1, Conversations: 100}))
	longest, widest, handwritten, noBody := 0, 0, 0, 0
	types := map[string]int{}
	for _, c := range a.sim.Conversations() {
		ids, newest := map[string]bool{}, "9"
		for skip := 0; ; skip += 100 {
			part := decode[thread](t, a.get(fmt.Sprintf("/inbox/%s?limit=100&skip=%d&userId=%s", c.ContactID, skip, a.sim.UserIDs()[0])))
			expect(t, "currentPage", part.Pagination.CurrentPage, skip/100+1)
			for _, m := range part.Data {
				if m.CreatedAt > newest {
					t.Fatalf("%s: %s after %s", c.ID, m.CreatedAt, newest)
				}
				newest = m.CreatedAt
				ids[m.ID] = true
				types[m.Type]++
				widest = max(widest, len(m.Message), len(m.Text))
				if m.CampaignID == nil {
					handwritten++
				}
				if m.Message+m.Text == "" {
					noBody++
				}
			}
			if part.Pagination.NextPage == nil {
				expect(t, "messages of "+c.ID, len(ids), part.Pagination.TotalItems)
				break
			}
		}
		longest = max(longest, len(ids))
	}
	expect(t, "longest thread", longest, 300)
	if widest < 200_000 || handwritten == 0 || noBody == 0 || len(types) != 4 {
		t.Errorf("widest %d, handwritten %d, without body %d, types %v", widest, handwritten, noBody, types)
	}
	one := decode[thread](t, a.get("/inbox/"+a.sim.Conversations()[0].ContactID))
	if len(one.Data) > 10 {
		t.Errorf("%d messages without a limit", len(one.Data))
	}
}
