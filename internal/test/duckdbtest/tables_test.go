package duckdbtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// The tables of an export, joined by the ids of users and labels, give the same counts as
// the responses of the API.
func TestJoinOfTheTables(t *testing.T) {
	folder, team := exportTables(t, sim.Options{Users: 8, Conversations: 600, Seed: 7}, "", "inbox_conversations", "team_users", "inbox_labels")
	names := teamNames(t, team)
	counts := map[[2]string]int{}
	for _, conversation := range team.Conversations() {
		var row struct {
			LabelIDs []string `json:"labelIds"`
			Users    []struct {
				UserID string `json:"userId"`
			} `json:"users"`
		}
		if err := json.Unmarshal(conversation.Raw(), &row); err != nil {
			t.Fatal(err)
		}
		for _, label := range row.LabelIDs {
			for _, user := range row.Users {
				counts[[2]string{names[label], names[user.UserID]}]++
			}
		}
	}
	var want [][]string
	for pair, n := range counts {
		want = append(want, []string{orNull(pair[0]), orNull(pair[1]), fmt.Sprint(n)})
	}
	slices.SortFunc(want, slices.Compare)
	table := func(name string) string { return from(filepath.Join(folder, name+".parquet")) }
	got := query(t, openDuckDB(t), `
		SELECT l.name, u.name, count(*)
		FROM (SELECT label_id, unnest(users, max_depth := 2)
		      FROM (SELECT unnest((extra->'$.labelIds')::VARCHAR[]) AS label_id, users FROM `+table("inbox_conversations")+`))
		LEFT JOIN `+table("inbox_labels")+` AS l ON l.id = label_id
		LEFT JOIN `+table("team_users")+` AS u ON u.id = user_id
		GROUP BY ALL`)
	slices.SortFunc(got, slices.Compare)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("label, user, conversations (-API +DuckDB):\n%s", diff)
	}
	if named := slices.ContainsFunc(got, func(row []string) bool { return row[0] != null && row[1] != null }); !named {
		t.Errorf("no label and user have names: %q", got)
	}
}

// teamNames returns the names that the API states for users and labels, by id.
func teamNames(t *testing.T, team *sim.Server) map[string]string {
	t.Helper()
	var users struct {
		Users []struct {
			ID   string `json:"userId"`
			Name string `json:"name"`
		} `json:"users"`
	}
	var labels []struct {
		ID   string `json:"_id"`
		Name string `json:"name"`
	}
	get(t, team, "/api/team?version=v2", &users)
	get(t, team, "/api/inbox/labels", &labels)
	names := map[string]string{}
	for _, user := range users.Users {
		names[user.ID] = user.Name
	}
	for _, label := range labels {
		names[label.ID] = label.Name
	}
	return names
}

// get decodes the response of the simulated API to a GET request.
func get(t *testing.T, team *sim.Server, path string, into any) {
	t.Helper()
	request, response := httptest.NewRequest(http.MethodGet, path, nil), httptest.NewRecorder()
	request.SetBasicAuth("", team.Key())
	team.ServeHTTP(response, request)
	if err := json.Unmarshal(response.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: status %d, %v", path, response.Code, err)
	}
}

func orNull(text string) string {
	if text == "" {
		return null
	}
	return text
}
