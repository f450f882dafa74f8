package sim_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// Reads, movements and questions about the truth at the same time: every page is
// one state, and every request is counted.
func TestEverythingMayHappenAtOnce(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 2, Conversations: 200, Total: sim.TotalExact, Gzip: true, LimitMax: sim.Unbounded,
		Drift: sim.Drift{Jumps: 1, Inserts: 1, Deletes: 1, Edits: 1}}))
	var all sync.WaitGroup
	for worker := range 4 {
		user := a.sim.UserIDs()[worker%2]
		all.Go(func() {
			for range 20 {
				p := decode[page](t, a.get("/inbox?limit=10000&userId="+user))
				if *p.Pagination.TotalItems != len(p.Data) {
					t.Errorf("total %d of %d rows", *p.Pagination.TotalItems, len(p.Data))
				}
				seen := map[string]bool{}
				for _, id := range p.ids() {
					seen[id] = true
				}
				if len(seen) != len(p.Data) {
					t.Errorf("%d rows, %d ids", len(p.Data), len(seen))
				}
				a.sim.Move(sim.Movement{Kind: sim.Restore})
				_ = fmt.Sprint(a.sim.Stats(), len(a.sim.Conversations()), len(a.sim.Calls()), len(a.sim.Events()))
			}
		})
	}
	all.Wait()
	expect(t, "requests", a.sim.Stats().Requests, 80)
	expect(t, "reads", a.sim.Step(), 80)
}
