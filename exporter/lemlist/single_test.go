package lemlist

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

const (
	someTeam   = `{"_id":"tea_1","userIds":["usr_1","usr_2"],"users":[{"userId":"usr_2","name":"Two","shoe":44}],"apiKey":"secret-hook"}`
	someLabels = `[{"_id":"lbl_1","name":"warm","color":"#ff0000","novelty":1},{"_id":"lbl_2","name":"cold"}]`
)

// tables is an API with a team and labels; status 0 gives the labels, any other refuses them.
type tables struct {
	status       int
	team, labels atomic.Int64 // requests
	others       atomic.Int64
}

func (a *tables) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.RequestURI() {
	case "/api/team?version=v2":
		a.team.Add(1)
		_, _ = fmt.Fprint(w, someTeam)
	case "/api/inbox/labels":
		a.labels.Add(1)
		if a.status != 0 {
			http.Error(w, "no labels for you", a.status)
			return
		}
		_, _ = fmt.Fprint(w, someLabels)
	default:
		a.others.Add(1)
		_, _ = fmt.Fprint(w, apitest.EmptyPage)
	}
}

func TestASurveyAsksForTheTeamOnceAndOnlyForWhatItsTablesNeed(t *testing.T) {
	all := []*schema.Table{schema.TeamUsers(), schema.InboxConversations(), schema.InboxLabels()}
	for name, test := range map[string]struct {
		tables         []*schema.Table
		labels, others int64
		want           string // rows of each table
	}{
		"users":              {all[:1], 0, 0, "team_users 2 [shoe]"},
		"labels":             {all[2:], 1, 0, "inbox_labels 2 [novelty]"},
		"conversations":      {all[1:2], 0, 2, "inbox_conversations 0 []"},
		"all, in this order": {all, 1, 2, "team_users 2 [shoe], inbox_conversations 0 [], inbox_labels 2 [novelty]"},
	} {
		t.Run(name, func(t *testing.T) {
			api := new(tables)
			source, w := open(t, apitest.Serve(t, api.ServeHTTP))
			survey, err := source.Survey(t.Context(), test.tables)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, one := range survey.Tables {
				got = append(got, fmt.Sprintf("%s %d %v", one.Table, *one.Partitions[0].TotalItems, one.Unknown))
				if rec := one.Rows(); one.Table != "inbox_conversations" && (rec == nil || rec.Column(0).Len() != 2) {
					t.Errorf("%s: the rows of the survey are %v", one.Table, rec)
				}
			}
			if strings.Join(got, ", ") != test.want || survey.TeamID != "tea_1" {
				t.Errorf("got %v", got)
			}
			if api.team.Load() != 1 || api.labels.Load() != test.labels || api.others.Load() != test.others || survey.Requests != 1+test.labels+test.others {
				t.Errorf("%d requests for the team, %d for labels, %d others, %d counted", api.team.Load(), api.labels.Load(), api.others.Load(), survey.Requests)
			}
			if text := everything(w) + fmt.Sprintf("%+v", survey); strings.Contains(text, "secret-hook") {
				t.Errorf("a secret of the team is shown: %s", text)
			}
		})
	}
}

func TestATableOfOneResponseIsOnePageWithAProof(t *testing.T) {
	for _, test := range []struct {
		table *schema.Table
		ids   string
		field string
	}{
		{schema.TeamUsers(), "[usr_2 usr_1]", "shoe"},
		{schema.InboxLabels(), "[lbl_1 lbl_2]", "novelty"},
	} {
		t.Run(test.table.Name, func(t *testing.T) {
			api := new(tables)
			source, w := open(t, apitest.Serve(t, api.ServeHTTP))
			masked, err := test.table.Select(schema.Selection{Exclude: []string{"name"}})
			if err != nil {
				t.Fatal(err)
			}
			walk := source.Walk(t.Context(), masked, nil, nil)
			var ids []string
			for page, err := range walk.Pages() {
				if err != nil {
					t.Fatal(err)
				}
				for row := range page.Keys.Len() {
					if page.Keys.Hash(row) != schema.HashID(page.Keys.ID(row)) || page.Keys.ID(row) != page.Record.Column(0).(*array.String).Value(row) {
						t.Errorf("row %d has the key of another row", row)
					}
					ids = append(ids, page.Keys.ID(row))
				}
				if page.Partition != "" || page.Number != 1 || fmt.Sprint(page.UnknownFields) != "["+test.field+"]" || !page.Record.Schema().Equal(test.table.Arrow()) {
					t.Errorf("page %+v", page)
				}
			}
			if fmt.Sprint(ids) != test.ids {
				t.Errorf("rows %v", ids)
			}
			proof := walk.Proof()
			part := exporter.PartitionProof{Pages: 1, Requests: 1, RowsRead: 2, Passes: 1, Complete: true, Method: MethodSingle}
			if !proof.Complete || proof.Method != MethodSingle || proof.Requests != 1 || proof.RowsRead != 2 || len(proof.Reasons) != 0 || len(proof.Partitions) != 1 || proof.Partitions[0] != part {
				t.Errorf("proof %+v", proof)
			}
			if fetched, unknown := apitest.Seen[exporter.PageFetched](w), apitest.Seen[exporter.UnknownField](w); len(fetched) != 1 || fetched[0].Rows != 2 || len(unknown) != 1 {
				t.Errorf("events %+v %+v", fetched, unknown)
			}
		})
	}
}

func TestATableWithoutAccessDoesNotStopTheOthers(t *testing.T) {
	for status, hint := range map[int]string{http.StatusPaymentRequired: "plan", http.StatusForbidden: "may not read the table inbox_labels"} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			api := &tables{status: status}
			source, _ := open(t, apitest.Serve(t, api.ServeHTTP))
			survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxLabels(), schema.TeamUsers()})
			if err != nil {
				t.Fatal(err)
			}
			labels := survey.Of("inbox_labels")
			if !strings.Contains(labels.Error, "no labels for you") || !strings.Contains(labels.Hint, hint) || len(labels.Partitions) != 0 {
				t.Errorf("labels %+v", labels)
			}
			if users := survey.Of("team_users"); users.Error != "" || *users.Partitions[0].TotalItems != 2 || survey.Requests != 2 {
				t.Errorf("survey %+v", survey)
			}
			walk := source.Walk(t.Context(), schema.InboxLabels(), nil, nil)
			for _, err = range walk.Pages() {
				continue
			}
			if !errors.Is(err, exporter.ErrNoAccess) || !strings.Contains(exporter.Hint(err), hint) {
				t.Errorf("error %v, hint %q", err, exporter.Hint(err))
			}
			if proof := walk.Proof(); proof.Complete || len(proof.Reasons) != 1 || proof.Requests != 1 {
				t.Errorf("proof %+v", proof)
			}
		})
	}
}

// A failure that is not about access ends the survey, and no other form counts as a table.
func TestATableOfAnotherFormIsAnError(t *testing.T) {
	for _, body := range []string{"", "{}", `{"data":[]}`, `[{"name":"no id"}]`, `[1]`, `[`} {
		source, _ := open(t, apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/team" {
				_, _ = fmt.Fprint(w, someTeam)
				return
			}
			_, _ = fmt.Fprint(w, body)
		}), withPolicy(func(p *client.Policy) { p.Patience = 20 * time.Millisecond }))
		if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxLabels()}); err == nil || errors.Is(err, exporter.ErrNoAccess) {
			t.Errorf("%q: error %v", body, err)
		}
		walk := source.Walk(t.Context(), schema.InboxLabels(), nil, nil)
		for page, err := range walk.Pages() {
			if err == nil {
				t.Errorf("%q: page %+v", body, page)
			}
		}
		if proof := walk.Proof(); proof.Complete {
			t.Errorf("%q: proof %+v", body, proof)
		}
	}
}

func TestAWalkThatIsNotTakenToItsEndIsNotComplete(t *testing.T) {
	source, _ := open(t, apitest.Serve(t, new(tables).ServeHTTP))
	walk := source.Walk(t.Context(), schema.TeamUsers(), nil, nil)
	for range walk.Pages() {
		break
	}
	if proof := walk.Proof(); proof.Complete || len(proof.Reasons) != 1 {
		t.Errorf("proof %+v", proof)
	}
}
