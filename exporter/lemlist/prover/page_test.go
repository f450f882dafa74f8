package prover

import (
	"math"
	"testing"
	"time"
)

func TestReadingsDoubtImpossiblePageSizes(t *testing.T) {
	for _, perPage := range []int64{math.MaxInt64, math.MaxInt64 - 1, 1e18, -1, math.MinInt64} {
		for _, asked := range []int64{1, 2, 3, 1000} {
			r := NewPage(asked, []Row{{}}, Stated{PerPage: &perPage, Total: new(int64(5)), Current: &asked}, time.Time{}, time.Time{})
			if r.offset < 0 || r.end < 0 || r.pages() < 0 || r.placed && asked > 1 {
				t.Errorf("%d rows a page: %+v", perPage, r)
			}
		}
	}
}
