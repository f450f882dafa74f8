package heaplimit_test

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/heaplimit"
)

// The limit of the collector is the budget, unless that leaves it no room because of rows that were
// walked: then it follows what is in use, up and down.
func TestTheLimitLeavesTheCollectorRoom(t *testing.T) { //nolint:paralleltest // the limit is that of the process
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	const budget, large = 128 << 20, 300 << 20
	heaplimit.New(true).Use(budget)
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("a fixed limit became %d MiB", got>>20)
	}
	limit := heaplimit.New(false)
	defer limit.Use(0)
	limit.Use(budget)
	if got := debug.SetMemoryLimit(-1); got != budget {
		t.Errorf("the limit is %d MiB with little in use, and the budget %d", got>>20, budget>>20)
	}
	held := make([]byte, large)
	if got := limitAfter(func(limit int64) bool { return limit != budget }); got != budget {
		t.Errorf("the limit is %d MiB without rows, and the budget %d", got>>20, budget>>20)
	}
	limit.Counting(exporter.Unobserved{}).Observe(exporter.PageFetched{Rows: 10_000_000})
	if got := limitAfter(func(limit int64) bool { return limit > large*5/4 }); got <= large*5/4 || got > 2*large {
		t.Errorf("the limit is %d MiB with %d in use", got>>20, large>>20)
	}
	runtime.KeepAlive(held)
	if got := limitAfter(func(limit int64) bool { return limit == budget }); got != budget {
		t.Errorf("the limit is %d MiB after all, and the budget %d", got>>20, budget>>20)
	}
}

// Calls of a plugin that begin at the same time choose the limit at the same time.
func TestTheLimitIsThatOfTheLastBudget(t *testing.T) { //nolint:paralleltest // the limit is that of the process
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	limit := heaplimit.New(false)
	defer limit.Use(0)
	budgets := []int64{128 << 20, 136 << 20, 144 << 20, 152 << 20}
	for range 100000 {
		var calls sync.WaitGroup
		for _, budget := range budgets {
			calls.Go(func() { limit.Use(budget) })
		}
		calls.Wait()
		limit.Use(budgets[0])
		if got := debug.SetMemoryLimit(-1); got != budgets[0] {
			t.Fatalf("the limit is %d MiB, and the budget %d", got>>20, budgets[0]>>20)
		}
	}
}

// limitAfter is the limit after some collections: once it is as expected, or at last.
func limitAfter(expected func(limit int64) bool) (limit int64) {
	for range 50 {
		runtime.GC()
		if limit = debug.SetMemoryLimit(-1); expected(limit) {
			break
		}
	}
	return limit
}
