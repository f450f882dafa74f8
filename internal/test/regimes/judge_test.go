package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// scene is a simulated team that a test reads and moves by hand.
type scene struct {
	t   *testing.T
	sim *sim.Server
	at  time.Time
}

func newScene(t *testing.T, o sim.Options) *scene {
	t.Helper()
	s := &scene{t: t, at: time.Date(2026, time.May, 4, 3, 2, 1, 0, time.UTC)}
	o.Unlimited, o.Conversations, o.LimitMax = true, 40, sim.Unbounded
	o.Now = func() time.Time { return s.at }
	server, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.sim = server
	return s
}

// read reads a user's list.
func (s *scene) read(user int) { s.page(user, 1) }

func (s *scene) page(user, number int) {
	r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/api/inbox?limit=1000&userId=%s&page=%d", s.sim.UserIDs()[user], number), nil)
	r.SetBasicAuth("", s.sim.Key())
	s.sim.ServeHTTP(httptest.NewRecorder(), r)
}

func (s *scene) move(kind sim.Kind, id string) {
	s.sim.Move(sim.Movement{Kind: kind, ID: id})
}

// rows is the team as it is.
func (s *scene) rows() []exported {
	var rows []exported
	for _, c := range s.sim.Conversations() {
		rows = append(rows, exported{c.ID, c.LastActivityAt})
	}
	return rows
}

func without(rows []exported, id string) []exported {
	return slices.DeleteFunc(slices.Clone(rows), func(row exported) bool { return row.id == id })
}

func (s *scene) judge(rows []exported, grace time.Duration) errata {
	return judge(rows, s.sim.Ever(), observe(s.sim.Calls(), grace, 0), false)
}

func (s *scene) expect(what string, got, want errata) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func TestAnExportOfWhatIsThereHasNoErrors(t *testing.T) {
	for users := 1; users <= 2; users++ {
		s := newScene(t, sim.Options{Users: users, Drift: sim.Drift{Jumps: 2, Inserts: 1, Deletes: 1}})
		for range 5 {
			s.read(0)
			s.read(users - 1)
		}
		s.expect("all", s.judge(s.rows(), 0), errata{})
	}
	s := newScene(t, sim.Options{Users: 1, Drift: sim.Drift{Jumps: 2, Inserts: 1, Deletes: 1}})
	for range 5 {
		s.read(0)
	}
	s.expect("nothing", s.judge(nil, 0), errata{Missing: s.count(true), Unseen: s.count(false)})
}

// count counts the conversations that are there, by whether they were there first.
func (s *scene) count(first bool) (n int) {
	for _, versions := range s.sim.Ever() {
		_, then := sim.At(versions, s.sim.UserIDs(), 1)
		if _, now := sim.At(versions, s.sim.UserIDs(), s.sim.Step()); now && then == first {
			n++
		}
	}
	return n
}

func TestErrorsAreToldApart(t *testing.T) {
	s := newScene(t, sim.Options{Users: 1})
	all := s.rows()
	s.read(0)
	s.move(sim.Delete, all[3].id)
	s.move(sim.Jump, all[5].id)
	s.move(sim.Edit, all[6].id)
	s.move(sim.Insert, "")
	s.read(0)
	s.move(sim.Jump, all[8].id) // nobody looked after it
	s.move(sim.Insert, "")
	rows := s.rows()
	var entered, unread string
	for _, event := range s.sim.Events() {
		if event.Kind == sim.Insert && event.Step == 2 {
			entered = event.ID
		} else if event.Kind == sim.Insert {
			unread = event.ID
		}
	}
	older := func(id string) []exported {
		return append(without(rows, id), all[slices.IndexFunc(all, func(row exported) bool { return row.id == id })])
	}
	for what, test := range map[string]struct {
		rows []exported
		want errata
	}{
		"as it is": {rows, errata{}},
		"without one that was there all the time": {without(rows, all[0].id), errata{Missing: 1}},
		"without one that moved":                  {without(rows, all[5].id), errata{Missing: 1}},
		"without one that entered":                {without(rows, entered), errata{Unseen: 1}},
		"without one that nobody could see":       {without(rows, unread), errata{}},
		"with one that was deleted":               {append(slices.Clone(rows), all[3]), errata{}},
		"one row twice":                           {append(slices.Clone(rows), rows[4]), errata{Doubled: 1}},
		"an older version":                        {older(all[5].id), errata{Stale: 1}},
		"an older version of one that moved when nobody looked any more": {older(all[8].id), errata{}},
		"a row without its time": {append(without(rows, all[9].id), exported{id: all[9].id}), errata{Stale: 1}},
		"a row that never was":   {append(slices.Clone(rows), exported{id: "ibx_nobody"}), errata{Stale: 1}},
	} {
		s.expect(what, s.judge(test.rows, 0), test.want)
	}
	both := append(slices.Clone(rows), all...)
	s.expect("the newest version of several files counts", judge(both, s.sim.Ever(), observe(s.sim.Calls(), 0, 0), true), errata{})
	s.expect("nothing is older than its file", judge(append(slices.Clone(all), without(rows, all[5].id)...), s.sim.Ever(), observe(s.sim.Calls(), 0, 0), true), errata{Stale: 1})
}

func TestAConversationThatChangesListsIsAskedFor(t *testing.T) {
	s := newScene(t, sim.Options{Users: 2, Seed: 3})
	users := s.sim.UserIDs()
	list := s.sim.List(users[1])
	at := slices.IndexFunc(list, func(c sim.Conversation) bool { return len(c.Users) == 1 })
	s.read(0)
	s.move(sim.Hand, list[at].ID) // to the list that was read
	s.read(1)
	s.expect("in neither list when it was read", s.judge(without(s.rows(), list[at].ID), 0), errata{Missing: 1})
}

func TestAConversationThatVanishesIsAskedForWhenItIsBack(t *testing.T) {
	s := newScene(t, sim.Options{Users: 1, Drift: sim.Drift{Away: 2}})
	rows := s.rows()
	s.read(0)
	s.move(sim.Vanish, rows[7].id)
	s.read(0)
	s.expect("away", s.judge(without(rows, rows[7].id), 0), errata{})
	s.read(0)
	s.read(0)
	s.expect("back", s.judge(without(rows, rows[7].id), 0), errata{Missing: 1})
}

func TestWhatChangedWithinTheGraceIsNotAskedFor(t *testing.T) {
	s := newScene(t, sim.Options{Users: 1})
	before := s.rows()
	s.read(0)
	s.at = s.at.Add(time.Second)
	s.move(sim.Jump, before[9].id)
	s.read(0)
	s.at = s.at.Add(time.Second)
	s.move(sim.Jump, before[8].id)
	s.move(sim.Insert, "")
	s.read(0)
	s.expect("no grace", s.judge(before, 0), errata{Stale: 2, Unseen: 1})
	s.expect("half a second", s.judge(before, 500*time.Millisecond), errata{Stale: 1})
	s.expect("three seconds", s.judge(before, 3*time.Second), errata{})
}

func TestARefusedPageIsNoLookAtTheList(t *testing.T) {
	s := newScene(t, sim.Options{Users: 1, PastEnd: sim.PastEndRefuse})
	before := s.rows()
	s.read(0)
	s.move(sim.Jump, before[9].id)
	s.page(0, 2)
	s.expect("a page past the end", s.judge(before, 0), errata{})
	s.read(0)
	s.expect("the list", s.judge(before, 0), errata{Stale: 1})
}

func TestAUserWhoIsRefusedIsNotAskedFor(t *testing.T) {
	s := newScene(t, sim.Options{Users: 2})
	server, err := sim.New(sim.Options{Users: 2, Conversations: 40, Unlimited: true, LimitMax: sim.Unbounded,
		Faults: []sim.FaultRule{{Fault: sim.FaultNotInTeam, User: s.sim.UserIDs()[1]}}})
	if err != nil {
		t.Fatal(err)
	}
	s.sim = server
	s.read(0)
	s.read(1)
	var rows []exported
	for _, c := range server.List(server.UserIDs()[0]) {
		rows = append(rows, exported{c.ID, c.LastActivityAt})
	}
	s.expect("the other list", s.judge(rows, 0), errata{})
	s.expect("less than that", s.judge(rows[1:], 0), errata{Missing: 1})
}
