package sim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestPagesThatLie(t *testing.T) {
	for rule, test := range map[string]struct {
		fault sim.FaultRule
		rows  [4]int // of pages 1 to 4
		tail  string // of page 2
	}{
		"page 2 has no rows":                 {sim.FaultRule{Fault: sim.FaultNoRows, Page: 2}, [4]int{10, 0, 10, 10}, `"totalItems":40,"currentPage":2,"nextPage":3,`},
		"page 3 has no rows, the next one":   {sim.FaultRule{Fault: sim.FaultNoRows, From: 3, Times: 2}, [4]int{10, 10, 0, 0}, `"nextPage":3,`},
		"page 2 is four rows short":          {sim.FaultRule{Fault: sim.FaultShort, Page: 2}, [4]int{10, 6, 10, 10}, `"totalItems":40,"currentPage":2,"nextPage":3,`},
		"from request 2 on there is nothing": {sim.FaultRule{Fault: sim.FaultDry, From: 2}, [4]int{10, 0, 0, 0}, `"totalItems":40,"currentPage":2,"nextPage":null,`},
	} {
		t.Run(rule, func(t *testing.T) {
			a := start(t, unlimited(sim.Options{Users: 1, Conversations: 40, Faults: []sim.FaultRule{test.fault}}))
			var rows [4]int
			for i := range rows {
				got := a.get(fmt.Sprintf("/inbox?userId=%s&page=%d", a.sim.UserIDs()[0], i+1))
				rows[i] = len(decode[page](t, got).Data)
				if i == 1 && !strings.Contains(got.body, test.tail) {
					t.Errorf("page 2 ends in %s", got.body[max(0, len(got.body)-160):])
				}
			}
			expect(t, "rows", rows, test.rows)
		})
	}
}

func TestAUserOfTheTeamMayBeRefused(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 1, Conversations: 40, Faults: []sim.FaultRule{{Fault: sim.FaultNotInTeam, Page: 3, Times: 2}}}))
	list := "/inbox?userId=" + a.sim.UserIDs()[0]
	for i, status := range []int{200, 400, 400, 200} {
		path := list + "&page=3"
		if i == 0 {
			path = list
		}
		got := a.get(path)
		if got.status != status || status == 400 && got.body != "User not in team" {
			t.Errorf("request %d: %d %.40s", i+1, got.status, got.body)
		}
	}
	b := start(t, unlimited(sim.Options{Faults: []sim.FaultRule{{Fault: sim.FaultNotInTeam}}}))
	expect(t, "another route", b.get("/team").status, 200)
}

func TestListsThatDoNotEndOrFit(t *testing.T) {
	t.Run("every page names a next one", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{Users: 1, Conversations: 15, PastEnd: sim.PastEndOn}))
		for number, rows := range map[int]int{1: 10, 2: 5, 3: 0, 900: 0} {
			p := decode[page](t, a.get(fmt.Sprintf("/inbox?userId=%s&page=%d", a.sim.UserIDs()[0], number)))
			expect(t, "rows", len(p.Data), rows)
			expect(t, "next page", string(p.Pagination.NextPage), fmt.Sprint(number+1))
		}
	})
	t.Run("limit is ignored", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{Users: 1, Conversations: 50, PageSize: 7, IgnoreLimit: true}))
		p := a.first(a.sim.UserIDs()[0], 50)
		expect(t, "rows", len(p.Data), 7)
		expect(t, "perPage", p.Pagination.PerPage, 7)
	})
	t.Run("a short page begins and ends as it should", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{Users: 1, Conversations: 40, ShortBy: 6, Faults: []sim.FaultRule{{Fault: sim.FaultShort, Attempt: 2}}}))
		whole, short := a.first(a.sim.UserIDs()[0], 20).ids(), a.first(a.sim.UserIDs()[0], 20).ids()
		expect(t, "rows", strings.Join(short, " "), strings.Join(slices.Concat(whole[:7], whole[13:]), " "))
	})
	t.Run("any limit up to the largest is honoured", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{Users: 1, Conversations: 150}))
		for limit := 1; limit <= 100; limit += 9 {
			p := a.first(a.sim.UserIDs()[0], limit)
			expect(t, "rows", len(p.Data), limit)
			expect(t, "perPage", p.Pagination.PerPage, limit)
		}
	})
	for total, want := range map[sim.Total]int{sim.TotalMore: 51, sim.TotalHuge: 1_000_000_000_000_000_000} {
		t.Run("total: "+string(total), func(t *testing.T) {
			a := start(t, unlimited(sim.Options{Users: 1, Conversations: 50, Total: total}))
			p := a.first(a.sim.UserIDs()[0], 100)
			expect(t, "total", *p.Pagination.TotalItems, want)
			expect(t, "pages", p.Pagination.TotalPages, 1)
		})
	}
	t.Run("a list is shown shorter than it is, consistently", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{Users: 1, Conversations: 50, Hidden: 0.3}))
		user := a.sim.UserIDs()[0]
		p, all := a.first(user, 100), a.sim.List(user)
		expect(t, "rows", len(p.Data), 35)
		expect(t, "total", *p.Pagination.TotalItems, 35)
		expect(t, "next page", string(p.Pagination.NextPage), "null")
		expect(t, "last row", p.Data[34].ID, all[34].ID)
		expect(t, "page 4 of 10 rows", len(decode[page](t, a.get("/inbox?page=4&userId="+user)).Data), 5)
	})
}

func TestTotalsAndRowsOfDifferentMoments(t *testing.T) {
	for queries, off := range map[sim.Queries][2]int{ // stated total less shown rows
		sim.QueriesAtomic:     {0, 0},
		sim.QueriesCountFirst: {1, 1},
		sim.QueriesFindFirst:  {-1, -1},
	} {
		for share := range 2 {
			a := start(t, unlimited(sim.Options{Users: 1, Conversations: 50, Queries: queries, LimitMax: sim.Unbounded,
				Drift: sim.Drift{Deletes: 1, Between: float64(share)}}))
			a.first(a.sim.UserIDs()[0], 100)
			for range 5 {
				p := a.first(a.sim.UserIDs()[0], 100)
				expect(t, fmt.Sprintf("%s, share %d: total less rows", queries, share), *p.Pagination.TotalItems-len(p.Data), off[share]*share)
				if queries == sim.QueriesAtomic {
					expect(t, "rows", len(p.Data), len(a.sim.Conversations()))
				}
			}
			checkHistory(t, a, queries)
		}
	}
}

// checkHistory asks once more and holds the rows against the truth of that read.
func checkHistory(t *testing.T, a *api, queries sim.Queries) {
	t.Helper()
	user := a.sim.UserIDs()[0]
	ids := a.first(user, 100).ids()
	var want []string
	for _, versions := range a.sim.Ever() {
		if v, ok := sim.At(versions, []string{user}, a.sim.Step()); ok {
			want = append(want, v.ID)
		}
	}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("%s: the last read showed %d rows, the history says %d", queries, len(ids), len(want))
	}
}

func TestTimesAreWrittenAsAsked(t *testing.T) {
	for times, want := range map[sim.Times]string{
		"":                   `"2026-02-28T23:59:59.999Z"`,
		sim.TimesOffset:      `"2026-02-28T23:59:59.999+0000"`,
		sim.TimesColon:       `"2026-02-28T23:59:59.999+00:00"`,
		sim.TimesNoZone:      `"2026-02-28T23:59:59.999"`,
		sim.TimesBlank:       `"2026-02-28 23:59:59.999Z"`,
		sim.TimesSeconds:     `1772323199`,
		sim.TimesMillis:      `1772323199999`,
		sim.TimesSecondsText: `"1772323199"`,
		sim.TimesMillisText:  `"1772323199999"`,
		sim.TimesUnreadable:  `"some time ago"`,
	} {
		t.Run(string(times), func(t *testing.T) {
			a := start(t, unlimited(sim.Options{Users: 1, Conversations: 40, Times: times}))
			at := slices.IndexFunc(a.sim.Conversations(), func(c sim.Conversation) bool { return c.HaveReplies })
			p := decode[struct{ Data []map[string]json.RawMessage }](t, a.get("/inbox?limit=40&userId="+a.sim.UserIDs()[0]))
			// A time of the seed's own; the form is what is asked for.
			for _, name := range []string{"lastActivityAt", "createdAt", "lastRepliedAt"} {
				expect(t, name, shape(string(p.Data[at][name])), shape(want))
			}
			labels := decode[[]map[string]json.RawMessage](t, a.get("/inbox/labels"))
			expect(t, "time of a label", shape(string(labels[1]["createdAt"])), shape(want))
			truth := a.sim.Conversations()[at].LastActivityAt
			if strings.HasPrefix(string(times), "seconds") {
				expect(t, "fraction of the truth", truth.Nanosecond(), 0)
				expect(t, "time", strings.Trim(string(p.Data[at]["lastActivityAt"]), `"`), fmt.Sprint(truth.Unix()))
			}
		})
	}
}

// shape replaces every digit by 0.
func shape(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, text)
}

func TestRemainingMayAlwaysBeZero(t *testing.T) {
	a := start(t, sim.Options{Remaining: sim.RemainingZero})
	got := a.get("/team")
	expect(t, "status", got.status, 200)
	expect(t, "remaining", got.header.Get("X-RateLimit-Remaining"), "0")
}

func TestAConversationIsHandedOn(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 2, Conversations: 40, Seed: 3}))
	users := a.sim.UserIDs()
	only := func(user string) sim.Conversation {
		list := a.sim.List(user)
		return list[slices.IndexFunc(list, func(c sim.Conversation) bool { return len(c.Users) == 1 && strings.Contains(string(c.Raw()), user) })]
	}
	row := only(users[0])
	before := len(a.sim.List(users[1]))
	a.first(users[0], 1)
	a.sim.Move(sim.Movement{Kind: sim.Hand, ID: row.ID})
	history := a.sim.History(row.ID)
	expect(t, "versions", len(history), 2)
	expect(t, "user before", history[0].Users[0], users[0])
	expect(t, "user after", history[1].Users[0], users[1])
	expect(t, "the time stays", history[1].LastActivityAt, row.LastActivityAt)
	expect(t, "the other list", len(a.sim.List(users[1])), before+1)
	if slices.Contains(a.first(users[0], 100).ids(), row.ID) || !slices.Contains(a.first(users[1], 100).ids(), row.ID) {
		t.Error("the lists do not show who has it")
	}
	if raw := string(history[1].Raw()); !strings.Contains(raw, users[1]) {
		t.Errorf("the row names others: %s", raw)
	}
	expect(t, "in one of both lists throughout", sim.Throughout(history, users, 1, a.sim.Step()), true)
	expect(t, "in one list throughout", sim.Throughout(history, users[:1], 1, a.sim.Step()), false)
}

func TestAConversationVanishesAndReturns(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 1, Conversations: 40, Drift: sim.Drift{Away: 3}}))
	user := a.sim.UserIDs()[0]
	row := a.sim.Conversations()[12]
	a.first(user, 1)
	a.sim.Move(sim.Movement{Kind: sim.Vanish, ID: row.ID})
	var there []bool
	for range 5 {
		there = append(there, slices.Contains(a.first(user, 100).ids(), row.ID))
	}
	expect(t, "seen", [5]bool(there), [5]bool{3: true, 4: true})
	expect(t, "its place", a.sim.Conversations()[12].ID, row.ID)
	back, ok := sim.At(a.sim.History(row.ID), []string{user}, 5)
	expect(t, "back at read 5", ok && back.LastActivityAt.Equal(row.LastActivityAt), true)
	_, ok = sim.At(a.sim.History(row.ID), []string{user}, 3)
	expect(t, "away at read 3", !ok, true)
}

func TestATimeMayFallByMuch(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 1, Conversations: 100, Drift: sim.Drift{Ages: 1, AgeBy: 300 * 24 * time.Hour}}))
	for range 4 {
		a.first(a.sim.UserIDs()[0], 1)
	}
	for _, event := range a.sim.Events() {
		history := a.sim.History(event.ID)
		expect(t, "fall", history[0].LastActivityAt.Sub(history[1].LastActivityAt), 300*24*time.Hour)
	}
	expect(t, "falls", len(a.sim.Events()), 3)
}
