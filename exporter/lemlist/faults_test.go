package lemlist

import (
	"fmt"
	"strings"

	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// everyFault is every way in which the simulated API fails and a client goes on.
func everyFault(share float64) []sim.FaultRule {
	kinds := []sim.Fault{
		sim.Fault500, sim.Fault502, sim.Fault503, sim.Fault520, sim.Fault524, sim.Fault429, sim.FaultEcho, sim.FaultEmpty,
		sim.FaultHTML, sim.FaultObject, sim.FaultReset, sim.FaultCut, sim.FaultTruncated, sim.FaultStall, sim.FaultSlow,
	}
	rules := make([]sim.FaultRule, 0, len(kinds)+1)
	for _, kind := range kinds {
		rules = append(rules, sim.FaultRule{Fault: kind, Path: "/api/inbox", Rate: share / float64(len(kinds))})
	}
	// Good JSON of the wrong type is good.
	return append(rules, sim.FaultRule{Fault: sim.FaultContentType, Path: "/api/inbox", Rate: 0.01})
}

// A tenth of the answers are faulty, in every way, for one user or several, at
// rest or moving: the walk is complete, and the proof counts what it cost. Time is
// virtual.
func TestAWalkThroughEveryFaultIsComplete(t *testing.T) {
	for users := 1; users <= 5; users++ {
		for name, drift := range map[string]sim.Drift{"at rest": {}, "moving": {Jumps: 0.3, Inserts: 0.1, Deletes: 0.1}} {
			t.Run(fmt.Sprintf("%d users, %s", users, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					throughFaults(t, sim.Options{
						Users: users, Conversations: 500 * (1 + users), Seed: uint64(users), LimitMax: 10,
						Faults: everyFault(0.1), Drift: drift, Latency: 150 * time.Millisecond,
					})
				})
			})
		}
	}
}

func throughFaults(t *testing.T, options sim.Options) {
	server, source, _ := virtual(t, options)
	walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
	shown := make(map[string]bool)
	for page, err := range walk.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range idsIn(page.Record) {
			shown[id] = true
		}
	}
	proof, stats := walk.Proof(), server.Stats()
	if !proof.Complete {
		t.Errorf("not complete: %v", proof.Reasons)
	}
	for _, user := range server.UserIDs() {
		for _, id := range server.AliveThroughout(user, 1, server.Step()) {
			if !shown[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
	for id := range shown {
		if len(server.History(id)) == 0 {
			t.Errorf("%s never was", id)
		}
	}
	if share := float64(proof.Retries) / float64(proof.Requests); share < 0.04 || share > 0.2 {
		t.Errorf("%d retries in %d requests: the faults are not a tenth", proof.Retries, proof.Requests)
	}
	if int64(stats.Requests) != proof.Requests+1 { // and the team
		t.Errorf("the server counts %d requests, the proof %d", stats.Requests, proof.Requests)
	}
	t.Logf("%d requests, %d retries, %d answers 429", proof.Requests, proof.Retries, proof.Throttled)
}

// Another program spends half of the budget: the walk makes do with the rest.
func TestAWalkBesideAnotherProgramIsComplete(t *testing.T) {
	for _, window := range []sim.Window{sim.WindowFixed, sim.WindowSliding} {
		t.Run(string(window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, source, _ := virtual(t, sim.Options{
					Users: 3, Conversations: 16_000, OtherCalls: 10, Window: window, Latency: 100 * time.Millisecond, Jitter: 200 * time.Millisecond,
				})
				walk, began := source.Walk(t.Context(), schema.InboxConversations(), nil, nil), time.Now()
				for _, err := range walk.Pages() {
					if err != nil {
						t.Fatal(err)
					}
				}
				proof := walk.Proof()
				if !proof.Complete {
					t.Errorf("not complete: %v", proof.Reasons)
				}
				if share := float64(proof.Throttled) / float64(proof.Requests); share >= 0.01 {
					t.Errorf("%d of %d answers are 429: %.1f %%", proof.Throttled, proof.Requests, 100*share)
				}
				t.Logf("%s: %d requests, %d answers 429, %.2f of the half that is left", window, proof.Requests, proof.Throttled,
					float64(proof.Requests)/time.Since(began).Seconds()/5)
			})
		})
	}
}

// idsIn are the ids of a record's rows.
func idsIn(rec arrow.Record) []string {
	_, id, _ := schema.InboxConversations().Column("id")
	column, _ := rec.Column(id).(*array.String)
	ids := make([]string, column.Len())
	for row := range ids {
		ids[row] = strings.Clone(column.Value(row))
	}
	return ids
}
