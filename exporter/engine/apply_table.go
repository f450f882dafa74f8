package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// applier applies a plan, table by table.
type applier struct {
	plan      Plan
	options   ApplyOptions
	started   time.Time
	made      origin
	walker    walker
	journals  journals
	temporary temporary
}

// applied is the end of the exports of one table.
type applied struct {
	proof      exporter.Proof
	results    []Result
	nothingNew []string
	kept       *exporter.Kept
}

// ended is the event of its end; err is what kept it from being done.
func (a applied) ended(ctx context.Context, table *schema.Table, err error) exporter.TableEnded {
	end := exporter.TableEnded{Table: table.Name, Ending: endingOf(ctx, err), Proof: a.proof, Files: len(a.results), Err: err}
	if err == nil && !a.proof.Complete {
		end.Ending = exporter.EndUnproven
	}
	for _, result := range a.results {
		end.Rows += result.Manifest.Rows
	}
	return end
}

// table reads a table once and commits its exports.
func (a applier) table(ctx context.Context, table *schema.Table, all []lockedTarget) (end applied, err error) {
	if err := a.plan.Survey.Of(table.Name).Err(); err != nil {
		return end, err
	}
	targets, exports := targetsOf(table.Name, all), a.plan.exportsOf(table.Name)
	table = targets[0].table // without what the exports leave out
	sorter, err := a.temporary.sorter(table, leastRoom(a.plan, table.Name))
	if err != nil {
		return end, err
	}
	defer func() { err = errors.Join(err, sorter.Close()) }()

	journal := a.journals.open(table, a.plan.Survey, a.plan.since(table.Name), a.options.NoResume)
	defer func() {
		if err != nil && resumes(targets, len(end.results)+len(end.nothingNew) > 0) {
			if kept := a.journals.kept(journal.orNil()); kept != nil && kept.Expired == "" {
				end.kept = kept
			}
		}
		err = errors.Join(err, journal.Close())
	}()
	walked, err := a.walker.walk(ctx, sorter, table, a.plan, journal)
	end.proof = walked.proof
	if err != nil {
		return end, err
	}
	if !walked.proof.Complete && !a.options.AllowIncomplete {
		// Another walk may be proven; this one read again would not be.
		return end, errors.Join(incomplete(walked.proof), journal.Remove())
	}
	if !a.options.AllowShrink {
		if err := guardExports(exports, walked.proof, walked.sorted.Rows()); err != nil {
			// The next walk must see for itself what is there.
			return end, errors.Join(err, journal.Remove())
		}
	}
	for i, target := range targets {
		var added *addedRows
		if found := walked.pages.newRows[i]; found != nil {
			if added, err = found.settle(walked.sorted.Index(), a.temporary.limits.Share, target.lineage().earlier(ctx, exports[i])); err != nil {
				return end, err
			}
		}
		if added != nil && len(added.ids) == 0 {
			end.nothingNew = append(end.nothingNew, target.destination.URL(target.table.Name))
			continue
		}
		result, err := a.export(ctx, target, exports[i], walked, added)
		switch {
		case errors.Is(err, exporter.ErrIncomplete):
			end.proof = result.Manifest.Proof
			return end, errors.Join(err, journal.Remove())
		case errors.Is(err, ErrShrunk):
			return end, errors.Join(err, journal.Remove())
		case err != nil:
			return end, fmt.Errorf("write %s: %w", target.url(), err)
		}
		end.results = append(end.results, result)
	}
	return end, journal.Remove()
}

func targetsOf(table string, all []lockedTarget) []lockedTarget {
	return slices.DeleteFunc(slices.Clone(all), func(t lockedTarget) bool { return t.Table != table })
}

// resumes reports whether the apply after one that failed can use its journal: an
// increment starts from the files, so that its next walk is another one once a file was
// written.
func resumes(targets []lockedTarget, written bool) bool {
	return !written || !slices.ContainsFunc(targets, func(t lockedTarget) bool { return t.Mode != exporter.ModeSnapshot })
}

// export writes the file of one export; of an append only the rows of added, unless
// that is nil.
func (a applier) export(ctx context.Context, target lockedTarget, plan ExportPlan, walked walked, added *addedRows) (Result, error) {
	rows, err := contentsOf(target.target, walked.sorted, plan, walked, added)
	if err != nil {
		return Result{}, err
	}
	to := fileWriter{target: target, life: walked.life, obs: a.walker.obs, table: a.walker.named(target.table)}
	if !a.options.AllowShrink {
		to.guarded = &plan
	}
	manifest := a.made.manifest(target.target, a.plan.Survey, walked, a.started)
	return to.write(ctx, rows, continued(manifest, target.old.beside, plan, walked.pages))
}
