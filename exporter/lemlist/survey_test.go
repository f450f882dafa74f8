package lemlist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

func TestSurveyTellsWhatTheTeamAndTheFirstPagesSay(t *testing.T) {
	server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Users: 3, Conversations: 1000})
	source, w := open(t, endpoint)
	survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
	if err != nil {
		t.Fatal(err)
	}
	if survey.TeamID != server.TeamID() || !survey.Simulated || survey.Endpoint != endpoint || survey.Requests != 4 || survey.OfUsers().Skipped != nil {
		t.Errorf("survey %+v", survey)
	}
	for i, user := range survey.OfUsers().Partitions {
		var total int64
		var newest time.Time
		for _, one := range server.Conversations() {
			if slices.Contains(one.Users, user.Partition) {
				total++
				if one.LastActivityAt.After(newest) {
					newest = one.LastActivityAt
				}
			}
		}
		if user.Partition != server.UserIDs()[i] || *user.TotalItems != total || user.PerPage != 100 || *user.Pages != (total+99)/100 || !user.Newest.Equal(newest) {
			t.Errorf("user %d: %+v, want %d rows, the newest of %s", i, user, total, newest)
		}
	}
	if len(survey.OfUsers().Partitions) != 3 {
		t.Errorf("%d users", len(survey.OfUsers().Partitions))
	}
	var fields []string
	for _, event := range apitest.Seen[exporter.UnknownField](w) {
		fields = append(fields, event.Field)
	}
	if len(fields) == 0 || !slices.Equal(fields, survey.OfUsers().Unknown) || !slices.IsSorted(fields) {
		t.Errorf("unknown fields %v, events %v", survey.OfUsers().Unknown, fields)
	}
}

func TestSurveyOfAnEmptyInbox(t *testing.T) {
	_, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Users: 1, Conversations: sim.None})
	source, _ := open(t, endpoint)
	survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
	if err != nil {
		t.Fatal(err)
	}
	if user := survey.OfUsers().Partitions[0]; *user.TotalItems != 0 || *user.Pages != 0 || user.Newest != nil || survey.OfUsers().Unknown != nil {
		t.Errorf("survey %+v", survey)
	}
}

func TestAWalkAsksForTheTeamOnlyWithoutASurvey(t *testing.T) {
	for _, surveyed := range []bool{false, true} {
		server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Users: 2, Conversations: 250})
		source, w := open(t, endpoint)
		if surveyed {
			if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
				t.Fatal(err)
			}
		}
		walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
		rows := make(map[string]bool)
		for page, err := range walk.Pages() {
			if err != nil {
				t.Fatal(err)
			}
			for row := range int(page.Record.NumRows()) {
				rows[page.Record.Column(0).ValueStr(row)] = true
			}
		}
		proof := walk.Proof()
		if !proof.Complete || len(rows) != 250 || len(proof.Partitions) != 2 {
			t.Errorf("%d rows, proof %+v", len(rows), proof)
		}
		teams := 0
		for _, call := range server.Calls() {
			if call.Path == "/api/team" {
				teams++
			}
		}
		// The first pages that the survey has read count as the walk's.
		if asked := server.Stats().Requests; teams != 1 || int64(asked) != proof.Requests+int64(teams) {
			t.Errorf("%d requests, %d for the team, proof %d", asked, teams, proof.Requests)
		}
		fields := apitest.Seen[exporter.UnknownField](w)
		slices.SortFunc(fields, func(a, b exporter.UnknownField) int { return strings.Compare(a.Field, b.Field) })
		if len(fields) == 0 || len(slices.Compact(slices.Clone(fields))) != len(fields) {
			t.Errorf("unknown fields %v", fields)
		}
	}
}

func TestAWalkOfATeamThatCannotBeReadIsAnErrorAndNoProof(t *testing.T) {
	_, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Account: sim.AccountBlocked})
	source, _ := open(t, endpoint)
	walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
	for _, err := range walk.Pages() {
		if err == nil || !strings.HasPrefix(err.Error(), "read the team: GET /team?version=v2: 403 Forbidden") || !strings.Contains(exporter.Hint(err), "blocked") {
			t.Errorf("error %v, hint %q", err, exporter.Hint(err))
		}
	}
	if proof := walk.Proof(); proof.Complete || len(proof.Reasons) == 0 {
		t.Errorf("proof %+v", proof)
	}
}

// former is a team with a member whose inbox the API does not give.
func former(t *testing.T) string {
	t.Helper()
	return apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch user := r.URL.Query().Get("userId"); {
		case r.URL.Path == "/api/team":
			_, _ = fmt.Fprint(w, `{"_id":"tea_1","userIds":["usr_Alice","usr_Bob"],"users":[{"userId":"usr_Bob"},{"userId":"usr_Carol"}]}`)
		case user == "usr_Bob":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, "User not in team")
		default:
			_, _ = fmt.Fprint(w, apitest.EmptyPage)
		}
	})
}

func TestTheTeamIsTheUnionOfBothListsAndAFormerMemberIsSkipped(t *testing.T) {
	source, _ := open(t, former(t))
	survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
	if err != nil {
		t.Fatal(err)
	}
	if len(survey.OfUsers().Partitions) != 2 || survey.OfUsers().Partitions[0].Partition != "usr_Carol" || survey.OfUsers().Partitions[1].Partition != "usr_Alice" || survey.Simulated || survey.Requests != 5 { // usr_Bob twice
		t.Errorf("survey %+v", survey)
	}
	if len(survey.OfUsers().Skipped) != 1 || survey.OfUsers().Skipped[0].Partition != "usr_Bob" || survey.OfUsers().Skipped[0].Reason == "" {
		t.Errorf("skipped %+v", survey.OfUsers().Skipped)
	}
	walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
	for _, err := range walk.Pages() {
		if err != nil {
			t.Fatal(err)
		}
	}
	if proof := walk.Proof(); len(proof.Skipped) != 1 || !proof.Complete {
		t.Errorf("proof %+v", proof)
	}
}

// An API may refuse a user by mistake.
func TestASurveyAsksTwiceForAUserWhoIsRefused(t *testing.T) {
	for _, users := range [][]string{nil, {"chosen"}} {
		server, endpoint := apitest.Simulate(t, sim.Options{
			Unlimited: true, Users: 2, Conversations: 30, Faults: []sim.FaultRule{{Fault: sim.FaultNotInTeam, Path: "/api/inbox", Attempt: 1}},
		})
		if users != nil {
			users = server.UserIDs()
		}
		source, _ := open(t, endpoint, chosen(users...))
		survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
		if err != nil || len(survey.OfUsers().Partitions) != 2 || len(survey.OfUsers().Skipped) != 0 || survey.Requests != 5 {
			t.Errorf("survey %+v, error %v", survey, err)
		}
	}
}

func TestAChosenUserIsNeverSkipped(t *testing.T) {
	source, _ := open(t, former(t), chosen("usr_Carol", "usr_Bob", "usr_Carol"))
	_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
	if err == nil || !strings.Contains(err.Error(), "does not give the inbox of usr_Bob") || !strings.Contains(exporter.Hint(err), "Remove this user") {
		t.Errorf("survey: error %v, hint %q", err, exporter.Hint(err))
	}
	walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
	var failed error
	for _, err := range walk.Pages() {
		failed = errors.Join(failed, err)
	}
	if failed == nil || walk.Proof().Complete {
		t.Errorf("walk: error %v, proof %+v", failed, walk.Proof())
	}
}

func TestChosenUsersOutsideTheTeamAreNamedBeforeAnythingIsRead(t *testing.T) {
	source, _ := open(t, former(t), chosen("usr_Alice", "usr_Carl", "usr_Somebody", "usr_Carl"))
	for name, try := range map[string]func() error{
		"survey": func() error {
			_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
			return err
		},
		"walk": func() (failed error) {
			for _, err := range source.Walk(t.Context(), schema.InboxConversations(), nil, nil).Pages() {
				failed = errors.Join(failed, err)
			}
			return failed
		},
	} {
		err := try()
		if err == nil || !strings.Contains(err.Error(), "not in the team tea_1: usr_Carl, usr_Somebody") {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		want := "Instead of usr_Carl, did you mean usr_Carol? The team's users are usr_Bob, usr_Carol, usr_Alice."
		if hint := exporter.Hint(err); name == "survey" && hint != want {
			t.Errorf("hint %q", hint)
		}
	}
}

func TestATeamOfAnotherShapeIsRepeatedAndNeverQuoted(t *testing.T) {
	for _, body := range []string{`{}`, `[]`, `null`, ``, `{"_id":"tea_1"}`, `{"_id":"tea_1","userIds":[]}`, `{"_id":"tea_1","userIds":"secret-hook"}`,
		`{"userIds":["usr_1"],"hooks":["secret-hook"]}`, `{"_id":"tea_1","userIds":["usr_1"],"hooks":["secret-hook"]`} {
		asked := 0
		endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			_, _ = w.Write([]byte(body))
		})
		source, w := open(t, endpoint)
		_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
		if err == nil || !strings.Contains(err.Error(), "not a team: ") || asked != 6 {
			t.Errorf("body %s: error %v after %d requests", body, err, asked)
		}
		if strings.Contains(fmt.Sprint(err, apitest.Seen[exporter.RequestRetried](w), w.Log.String()), "secret-hook") {
			t.Errorf("body %s is quoted: %v", body, err)
		}
	}
}

func TestTheFirstFailureOfASurveyStopsTheRest(t *testing.T) {
	server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Users: 10, SlowBy: time.Hour, Faults: []sim.FaultRule{
		{Fault: sim.Fault500, Request: 5}, {Fault: sim.FaultSlow, Path: "/api/inbox"},
	}})
	source, _ := open(t, endpoint, withPolicy(func(p *client.Policy) { p.Patience = 0 }))
	began := time.Now()
	_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
	if err == nil || !strings.Contains(err.Error(), "read the first page of the inbox of usr_") || !strings.Contains(err.Error(), "500 Internal Server Error") {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 2*time.Second || server.Stats().Requests > 11 {
		t.Errorf("took %s and %d requests", took, server.Stats().Requests)
	}
}

func TestASurveyEndsWithItsContext(t *testing.T) {
	_, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Users: 40, Latency: time.Hour})
	source, _ := open(t, endpoint)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := source.Survey(ctx, []*schema.Table{schema.InboxConversations()}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
		t.Errorf("error %v after %s", err, time.Since(began))
	}
}

func TestPagesAreCountedFromTotalsThatCanBe(t *testing.T) {
	pages := func(n int64) *int64 { return &n }
	for name, test := range map[string]struct {
		total, per string
		pages      *int64
	}{
		"none":                 {"0", "100", pages(0)},
		"one":                  {"1", "100", pages(1)},
		"full":                 {"200", "100", pages(2)},
		"one more":             {"201", "100", pages(3)},
		"no page size":         {"201", "0", nil},
		"a huge page size":     {"201", "9223372036854775807", pages(1)},
		"a total beyond all":   {"1000000000000000000", "100", nil},
		"the greatest integer": {"9223372036854775807", "1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.NewReplacer(`"totalItems":0`, `"totalItems":`+test.total, `"perPage":100`, `"perPage":`+test.per).Replace(apitest.EmptyPage)
			endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			source, _ := open(t, endpoint)
			first := askFirstPage(t.Context(), source, "usr_1")
			if got := first.survey.Pages; first.err != nil || (got == nil) != (test.pages == nil) || got != nil && *got != *test.pages {
				t.Errorf("%v pages, error %v", got, first.err)
			}
		})
	}
}
