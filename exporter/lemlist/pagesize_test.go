package lemlist

import (
	"errors"
	"fmt"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

func TestPageSizesAreTriedFromLargeToNone(t *testing.T) {
	for _, test := range []struct {
		max     int
		limits  string
		perPage int64
	}{{100, "[100 100]", 100}, {60, "[100 50 50]", 50}, {20, "[100 50 0 0]", 10}} {
		t.Run(fmt.Sprint(test.max), func(t *testing.T) {
			server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, LimitMax: test.max, OverLimit: sim.OverLimitRefuse, PastEnd: sim.PastEndRefuse})
			source, w := open(t, endpoint)
			got, err := source.fetch(t.Context(), pageRequest{user: server.UserIDs()[0], page: 1})
			if err != nil {
				t.Fatal(err)
			}
			got.page.Record.Release()
			if per := *got.page.Pagination.PerPage; per != test.perPage {
				t.Errorf("perPage %d", per)
			}
			// From now on a refusal is about the page: the size must not change any more.
			if _, err := source.fetch(t.Context(), pageRequest{user: server.UserIDs()[0], page: 1000}); !errors.Is(err, client.ErrRefused) {
				t.Errorf("page 1000: %v", err)
			}
			var limits []int
			for _, call := range server.Calls() {
				limits = append(limits, call.Limit)
			}
			if fmt.Sprint(limits) != test.limits {
				t.Errorf("limits %v, want %s", limits, test.limits)
			}
			if retried := len(apitest.Seen[exporter.RequestRetried](w)); retried != len(limits)-2 {
				t.Errorf("%d events", retried)
			}
		})
	}
}
