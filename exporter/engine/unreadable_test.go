package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store"
)

// failing is a destination whose objects cannot be read any more after some reads.
type failing struct {
	exporter.Destination
	left *atomic.Int64
}

func (f failing) Open(ctx context.Context, name string) (exporter.Object, error) {
	object, err := f.Destination.Open(ctx, name)
	return failingObject{object, f.left}, err
}

type failingObject struct {
	exporter.Object
	left *atomic.Int64
}

func (f failingObject) ReadAt(p []byte, offset int64) (int, error) {
	if f.left.Add(-1) < 0 {
		return 0, syscall.EIO
	}
	return f.Object.ReadAt(p, offset)
}

// A disk that fails says nothing of the file: whichever read it is, the file is
// neither damaged nor somebody else's.
func TestAFileThatCannotBeReadIsNotDamaged(t *testing.T) {
	for _, format := range []string{"parquet", "arrow"} {
		b := newBench(t, sim.Options{Conversations: 300})
		job := b.job(b.dir)
		job.Exports[0].Format = format
		b.mustApply(t, job)
		var left atomic.Int64
		b.OpenDestination = func(location string) (exporter.Destination, error) {
			to, err := store.Open(location)
			return failing{to, &left}, err
		}
		reads := int64(0)
		for ; ; reads++ {
			left.Store(reads)
			verified, err := b.Verify(t.Context(), b.dir)
			if err == nil {
				if !verified.OK() {
					t.Errorf("%s, after %d reads: damaged: %+v", format, reads, verified.Checks)
				}
				break
			}
			if !errors.Is(err, exporter.ErrUnreadable) || !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "inbox_conversations."+format+": cannot be read: ") ||
				!strings.Contains(exporter.Hint(err), "nothing was changed") {
				t.Errorf("%s, after %d reads: %v, hint %q", format, reads, err, exporter.Hint(err))
			}
		}
		if reads < 4 {
			t.Errorf("%s: %d reads are too few to fail in the middle", format, reads)
		}
		left.Store(0)
		if _, _, err := b.apply(t, job, engine.ApplyOptions{}); !errors.Is(err, exporter.ErrUnreadable) || strings.Contains(err.Error(), "in the way") {
			t.Errorf("%s: apply gave %v", format, err)
		}
	}
}

// The error of a merge names its file once, wherever the reading fails.
func TestAFailedMergeNamesItsFileOnce(t *testing.T) {
	for _, format := range []string{"parquet", "arrow"} {
		b := newBench(t, sim.Options{Conversations: 300})
		job := in(exporter.ModeMerge, b.job(b.dir))
		job.Exports[0].Format = format
		b.mustApply(t, job)
		b.churn(5, 1, sim.Jump)
		var left atomic.Int64
		b.OpenDestination = func(location string) (exporter.Destination, error) {
			to, err := store.Open(location)
			return failing{to, &left}, err
		}
		writing := 0
		for reads := int64(0); ; reads++ {
			left.Store(reads)
			_, _, err := b.apply(t, job, engine.ApplyOptions{})
			if err == nil {
				break
			}
			if strings.HasPrefix(err.Error(), "write ") {
				writing++
			}
			if count := strings.Count(err.Error(), b.dir); count != 1 {
				t.Errorf("%s, after %d reads: the file is named %d times: %v", format, reads, count, err)
			}
		}
		if writing == 0 {
			t.Errorf("%s: no reading failed in the merge itself", format)
		}
	}
}
