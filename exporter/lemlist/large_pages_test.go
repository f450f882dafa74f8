package lemlist

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

// largePage is a good page that is larger than a small response may be.
var largePage = apitest.EmptyPage + strings.Repeat(" ", exporter.DefaultMemory/512)

func TestAWalkTakesLargePagesOneAfterTheOther(t *testing.T) {
	const users = 5
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		user := r.URL.Query().Get("userId")
		row := `{"_id":"ibx_` + user + `","lastActivityAt":"2026-01-01T00:00:00Z","users":[{"userId":"` + user + `"}]}`
		_, _ = w.Write([]byte(strings.NewReplacer("[]", "["+row+"]", `"totalItems":0`, `"totalItems":1`).Replace(largePage)))
	})
	source, _ := open(t, endpoint)
	var names []string
	for i := range users {
		names = append(names, string(rune('a'+i)))
	}
	rows := 0
	walk := newWalk(t.Context(), source, names, exact, source.obs)
	for page, err := range walk.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if another, err := source.fetch(ctx, pageRequest{user: "a", page: 1}); err == nil {
			another.release()
			t.Error("another large page was read while the first is looked at")
		}
		cancel()
		rows += int(page.Record.NumRows())
	}
	another, err := source.fetch(t.Context(), pageRequest{user: "a", page: 1})
	if err != nil {
		t.Fatal(err)
	}
	another.release()
	if rows < users {
		t.Errorf("%d rows", rows)
	}
}

func TestALargeTeamGivesWayToTheLargePagesOfItsUsers(t *testing.T) {
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/team") {
			_, _ = w.Write([]byte(`{"_id":"tea_1","userIds":["usr_a","usr_b"]}` + strings.Repeat(" ", exporter.DefaultMemory/512)))
			return
		}
		_, _ = w.Write([]byte(largePage))
	})
	source, _ := open(t, endpoint)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	survey, err := source.Survey(ctx, []*schema.Table{schema.InboxConversations(), schema.TeamUsers()})
	if err != nil {
		t.Fatal(err)
	}
	if len(survey.Tables) != 2 || len(survey.OfUsers().Partitions) != 2 || *survey.Of("team_users").Partitions[0].TotalItems != 2 {
		t.Errorf("%+v", survey)
	}
}

func TestSourcesThatShareTheirResponsesHaveOneLargePageAtATime(t *testing.T) {
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(largePage)) })
	shared := client.NewMemory(exporter.DefaultMemory)
	sharing := func(o *Options) { o.Responses, o.Memory = shared, exporter.LeastShare }
	one, _ := open(t, endpoint, sharing)
	other, _ := open(t, endpoint, sharing)
	first, err := one.fetch(t.Context(), pageRequest{user: "a", page: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if another, err := other.fetch(ctx, pageRequest{user: "b", page: 1}); err == nil {
		another.release()
		t.Error("two sources have a large page at the same time")
	}
	first.release()
	another, err := other.fetch(t.Context(), pageRequest{user: "b", page: 1})
	if err != nil {
		t.Fatal(err)
	}
	another.release()
}
