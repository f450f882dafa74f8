package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// lockedTarget is a target that no other run writes.
type lockedTarget struct {
	target
	// old is the file that the run replaces or goes on from.
	old head
}

// over is the version of the file that the run replaces; "" where it writes another one.
func (t lockedTarget) over() exporter.Version {
	if t.name != t.old.name {
		return ""
	}
	return t.old.version
}

// lock claims every destination, and sees that it still holds what the plan saw.
func lock(ctx context.Context, runID string, targets []target, plan Plan) (locked []lockedTarget, unlock func() error, err error) {
	var held []func() error
	release := func() error {
		var failed []error
		for _, one := range slices.Backward(held) {
			failed = append(failed, one())
		}
		return errors.Join(failed...)
	}
	claimed := make(map[string]bool)
	for i, target := range targets {
		if place := target.destination.URL(""); !claimed[place] { // exports may share a folder
			one, err := target.destination.Lock(ctx, runID)
			if err != nil {
				return nil, nil, errors.Join(err, release())
			}
			held, claimed[place] = append(held, one), true
		}
		now, err := unchangedSince(ctx, target, plan.Exports[i])
		if err != nil {
			return nil, nil, errors.Join(err, release())
		}
		locked = append(locked, lockedTarget{target, *now.head})
	}
	return locked, release, nil
}

// unchangedSince looks at the target again, which must hold what the plan was about.
func unchangedSince(ctx context.Context, t target, plan ExportPlan) (ExportPlan, error) {
	now, err := t.plan(ctx)
	if err != nil {
		return ExportPlan{}, err
	}
	if !equal(now.Current, plan.Current, func(a, b exporter.Manifest) bool { return a.RunID == b.RunID }) {
		return ExportPlan{}, exporter.WithHint(fmt.Errorf("%s has changed since the plan was made", cmp.Or(plan.CurrentFile, plan.File)),
			"Another run has written it meanwhile. Plan again.")
	}
	return now, nil
}
