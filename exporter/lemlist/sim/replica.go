package sim

import (
	"slices"
	"time"
)

// replicas are copies of the lists that learn of every movement late. Replica i of
// n lags i/(n-1) of ReplicaLag behind; the first is the world itself.
type replicas struct {
	lag     time.Duration
	copies  []replica
	changes []change
}

// replica is one copy, and how many changes it knows.
type replica struct {
	*view
	lag   int64 // milliseconds of the data's clock
	known int
}

// change is a row as it is from a moment on.
type change struct {
	at int64
	placed
}

func newReplicas(c content, o Options, rows []row) replicas {
	r := replicas{lag: o.ReplicaLag}
	for i := 1; i < o.Replicas; i++ {
		lag := o.ReplicaLag.Milliseconds() * int64(i) / int64(o.Replicas-1)
		r.copies = append(r.copies, replica{view: newView(c, o, slices.Clone(rows)), lag: lag})
	}
	return r
}

// answering returns the view that answers read number step.
func (r *replicas) answering(world *view, seed uint64, step int) *view {
	if len(r.copies) == 0 {
		return world
	}
	dice := newStream(seed, topicReplica, uint64(step), 0)
	if i := dice.below(len(r.copies) + 1); i > 0 {
		return r.copies[i-1].view
	}
	return world
}

// remember notes a change of the world.
func (r *replicas) remember(n uint32, changed row, at int64) {
	if len(r.copies) > 0 {
		r.changes = append(r.changes, change{at, placed{n, changed}})
	}
}

// catchUp brings a copy to the state it has at now.
func (r *replicas) catchUp(of *view, now int64) {
	for i := range r.copies {
		c := &r.copies[i]
		if c.view != of {
			continue
		}
		for ; c.known < len(r.changes) && r.changes[c.known].at <= now-c.lag; c.known++ {
			c.place(r.changes[c.known].n, r.changes[c.known].row)
		}
	}
}
