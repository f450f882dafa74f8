package lemlist

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

// surveyAndWalk makes a survey, and a walk after a pause.
func surveyAndWalk(t *testing.T, source *Source, pause time.Duration, since map[string]exporter.Mark, journal exporter.Journal) (surveyed int, proof exporter.Proof) {
	t.Helper()
	if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
		t.Fatal(err)
	}
	<-time.After(pause) // virtual
	walk := source.Walk(t.Context(), schema.InboxConversations(), since, journal)
	for page, err := range walk.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		if page.Surveyed {
			surveyed++
		}
	}
	if proof = walk.Proof(); !proof.Complete {
		t.Errorf("not complete: %v", proof.Reasons)
	}
	return surveyed, proof
}

// A list of one page, and one that is read since a watermark, are proven by a page of
// the walk. The top of a longer list is read again by the sweep in any case.
func TestAWalkBeginsWithTheSurveysPagesOfLongLists(t *testing.T) {
	for name, test := range map[string]struct {
		conversations int
		pause         time.Duration
		since         bool
		surveyed      int
	}{
		"at once":           {conversations: 500, surveyed: 2},
		"soon":              {conversations: 500, pause: 9 * time.Second, surveyed: 2},
		"late":              {conversations: 500, pause: 11 * time.Second},
		"of one page":       {conversations: 50},
		"since a watermark": {conversations: 500, since: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, source, _ := virtual(t, sim.Options{Users: 2, Conversations: test.conversations})
				var since map[string]exporter.Mark
				before := 0
				if test.since {
					_, proof := surveyAndWalk(t, source, 0, nil, nil)
					since, before = marksOf(proof), len(server.Calls())
				}
				surveyed, proof := surveyAndWalk(t, source, test.pause, since, nil)
				if surveyed != test.surveyed {
					t.Errorf("%d pages of the survey, want %d", surveyed, test.surveyed)
				}
				// The team and the first pages, and all others that the proof does not contain twice.
				if calls, want := len(server.Calls())-before, 3-test.surveyed+int(proof.Requests); calls != want {
					t.Errorf("%d requests, want %d", calls, want)
				}
				if left := len(source.surveyed.pages); left != 0 {
					t.Errorf("%d pages are kept after the walk", left)
				}
			})
		})
	}
}

// The pages of the survey stand in the journal like all others.
func TestAWalkThatBeganWithTheSurveyIsContinued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, source, _ := virtual(t, sim.Options{Users: 2, Conversations: 900})
		journal := new(notebook)
		_, whole := surveyAndWalk(t, source, 0, nil, journal)
		journal.entries = journal.entries[:5]
		journal.taken = 0
		before := len(server.Calls())
		surveyed, proof := surveyAndWalk(t, source, 0, nil, journal)
		if calls := len(server.Calls()) - before; surveyed != 0 || proof.Resumed != 5 || calls > int(whole.Requests)-5+3+2 {
			t.Errorf("%d of the survey, %d of the journal, %d requests where the whole walk took %d", surveyed, proof.Resumed, calls, whole.Requests)
		}
	})
}

// A large response keeps its place until it is released, so the survey keeps none; nor more
// than their share of the memory.
func TestLargeFirstPagesAreNotKept(t *testing.T) {
	for name, memory := range map[string]int64{"large": exporter.DefaultMemory, "too many for the memory": 1} {
		_, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Users: 3, Conversations: 900})
		source, _ := open(t, endpoint, func(o *Options) { o.Memory = memory })
		if name == "large" {
			source, _ = open(t, serveLarge(t))
		}
		if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
			t.Fatal(err)
		}
		if kept := len(source.surveyed.pages); kept != 0 {
			t.Errorf("%s: %d pages are kept", name, kept)
		}
	}
}

// serveLarge serves a team whose first pages are large, and name a second one.
func serveLarge(t *testing.T) string {
	page := strings.Replace(largePage, `"nextPage":null`, `"nextPage":2`, 1)
	if page == largePage {
		t.Fatal("the page names no next one")
	}
	return apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/team") {
			_, _ = w.Write([]byte(`{"_id":"tea_1","userIds":["usr_a"]}`))
			return
		}
		_, _ = w.Write([]byte(page))
	})
}
