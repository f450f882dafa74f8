package engine_test

import (
	"context"
	"math"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/schema"
)

// stating is a source whose first pages state other totals.
type stating struct {
	exporter.Source
	total, pages int64
}

func (s stating) Survey(ctx context.Context, tables []*schema.Table) (exporter.Survey, error) {
	survey, err := s.Source.Survey(ctx, tables)
	for i := range survey.OfUsers().Partitions {
		survey.OfUsers().Partitions[i].TotalItems, survey.OfUsers().Partitions[i].Pages = new(s.total), new(s.pages)
	}
	return survey, err
}

func TestATotalThatCannotBeIsNotCountedOn(t *testing.T) {
	for total, counted := range map[int64]bool{
		300: true, 1e7: true, // with three users
		5e7: false, 1e9: false, 1e18: false, math.MaxInt64: false, -1: false, math.MinInt64: false,
	} {
		b := newBench(t, sim.Options{Users: 3, Conversations: 30})
		b.wrap = func(source exporter.Source) exporter.Source {
			return stating{source, total, total/100 + 1}
		}
		disk := &crowded{Scratch: scratch.New(t.TempDir())}
		b.Scratch = disk
		plan, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{})
		if counted {
			if plan.Conversations == nil || *plan.Conversations != 3*total || plan.Requests == nil || plan.LeastTime == nil || *plan.LeastTime <= 0 && total > 1e4 {
				t.Errorf("%d: plan %+v", total, plan)
			}
			if disk.asked != 100*3*total {
				t.Errorf("%d: room for %d bytes", total, disk.asked)
			}
			continue
		}
		if plan.Conversations != nil || plan.Requests != nil || plan.LeastTime != nil {
			t.Errorf("%d: plan %+v", total, plan)
		}
		if disk.asked != 0 || err != nil {
			t.Errorf("%d: room for %d bytes, error %v", total, disk.asked, err)
		}
	}
}
