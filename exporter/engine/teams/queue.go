package teams

import (
	"math"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// Queued is a job that waits for its turn.
type Queued struct {
	Job exporter.Job
	// Rows is the number of rows of the largest export that is there; nil when that is
	// not known.
	Rows *int64
	// ProvenAt is when the reading of the oldest export ended; nil when one is not there, or
	// not proven complete.
	ProvenAt *time.Time
	// Approved is the plan that a person has agreed to; with nil every plan is applied.
	Approved *engine.Plan
}

// queued is a job with what is known about its exports, a nil manifest for one that is
// not there.
func queued(job exporter.Job, manifests []*exporter.Manifest) Queued {
	one := Queued{Job: job}
	proven := len(manifests) > 0
	for _, manifest := range manifests {
		if manifest == nil {
			proven = false
			continue
		}
		if one.Rows == nil || manifest.Rows > *one.Rows {
			one.Rows = &manifest.Rows
		}
		proven = proven && manifest.Proof.Complete
		if at := manifest.Window.FinishedAt; one.ProvenAt == nil || at.Before(*one.ProvenAt) {
			one.ProvenAt = &at
		}
	}
	if !proven {
		one.ProvenAt = nil
	}
	return one
}

func (q Queued) size() int64 {
	if q.Rows == nil {
		return math.MaxInt64
	}
	return *q.Rows
}

// Stale divides a queue into the jobs that have to be read, and the results of those
// whose exports were all proven complete after since.
func Stale(queue []Queued, since time.Time) (stale []Queued, fresh []Result) {
	for _, one := range queue {
		if one.ProvenAt == nil || one.ProvenAt.Before(since) {
			stale = append(stale, one)
			continue
		}
		fresh = append(fresh, Result{Team: one.Job.Team, Outcome: Fresh, ProvenAt: *one.ProvenAt})
	}
	return stale, fresh
}
