package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Run is one use of a source: a plan, and then perhaps an apply that follows it.
type Run struct {
	engine  *Engine
	id      string
	config  exporter.SourceConfig
	full    bool // the job asks for a full walk
	source  exporter.Source
	targets []target
	// columns are what is left out and hashed of each table; masks do it to the walk's
	// rows. A table without an entry is kept as it is.
	columns map[string]exporter.Columns
	masks   map[string]*schema.Mask
	// fullEvery is the least FullEvery of the exports of each table, for readings.
	fullEvery map[string]time.Duration
	obs       exporter.Observer
}

// ID is the run's id, as the manifest and the destination's lock state it.
func (r *Run) ID() string { return r.id }

// Close releases the source.
func (r *Run) Close() error {
	defer r.obs.Observe(exporter.RunEnded{})
	return r.source.Close()
}

// Plan surveys the source and looks at the files that are there. It changes nothing.
func (r *Run) Plan(ctx context.Context) (Plan, error) {
	plan, err := r.plan(ctx)
	r.obs.Observe(exporter.PlanEnded{Ending: endingOf(ctx, err), Err: err})
	return plan, err
}

func (r *Run) plan(ctx context.Context) (Plan, error) {
	plan := Plan{RunID: r.id}
	for _, target := range r.targets {
		export, err := target.plan(ctx)
		if err != nil {
			return Plan{}, err
		}
		plan.Exports = append(plan.Exports, export)
	}
	r.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseSurvey})
	tables := r.tables()
	if len(tables) == 0 { // a plan of readings
		tables = []*schema.Table{schema.Default()}
	}
	survey, began, err := r.survey(ctx, tables)
	if err != nil {
		return Plan{}, err
	}
	plan.Survey, plan.surveyed = survey, began
	for i, target := range r.targets {
		plan.Exports[i].Increment = newIncrementPlan(target, plan.Exports[i].Current, survey, r.wish())
	}
	for i, export := range plan.Exports {
		if export.Increment != nil {
			export.Increment.FullWalk = export.Increment.Full == "" && plan.needsAll(export.Table)
		}
		if plan.Exports[i], err = export.compared(survey, r.targets[i].table, r.masks[export.Table]); err != nil {
			return Plan{}, err
		}
	}
	for i, one := range survey.Tables {
		survey.Tables[i] = one.WithRows(nil) // compared: the plans of thousands of teams are kept together
	}
	plan = plan.estimated()
	for _, table := range r.tables() {
		if plan.kept == nil {
			plan.kept = r.journals().find(table, plan)
		}
	}
	for i, export := range plan.Exports {
		plan.Exports[i].Shrink = expectedShrink(export, plan.estimate(export.Table).Rows)
	}
	return plan, nil
}

// survey surveys the source, and returns when it began.
func (r *Run) survey(ctx context.Context, tables []*schema.Table) (survey exporter.Survey, began time.Time, err error) {
	began = r.engine.Now()
	survey, err = r.source.Survey(ctx, tables)
	return survey, began, err
}

// Apply claims the destinations, reads each table once, and commits the exports of the
// job, one after the other. Call Plan first. An error that wraps
// [exporter.ErrIncomplete] means that the destinations of a table hold what they held
// before. What keeps one table from being written does not keep others.
func (r *Run) Apply(ctx context.Context, plan Plan, options ApplyOptions) (summary Summary, err error) {
	started := r.engine.Now()
	defer func() {
		summary.Elapsed = r.engine.Now().Sub(started)
		summary.Seconds = summary.Elapsed.Seconds()
		r.obs.Observe(exporter.WorkEnded{Ending: EndingOf(ctx, summary, err), Err: err})
	}()
	summary = Summary{RunID: r.id, Simulated: plan.Survey.Simulated, Wanted: len(r.targets)}

	targets, unlock, err := lock(ctx, r.id, r.targets, plan)
	if err != nil {
		return summary, err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	apply := applier{
		plan: plan, options: options, started: started, made: r.origin(),
		walker: r.walker(), journals: r.journals(), temporary: r.engine.temporary(),
	}
	tables := r.tables()
	var failed []error
	for _, table := range tables {
		r.obs.Observe(exporter.TableStarted{Table: table.Name})
		one, err := apply.table(ctx, table, targets)
		r.obs.Observe(one.ended(ctx, table, err))
		summary.Exports = append(summary.Exports, one.results...)
		summary.NothingNew = append(summary.NothingNew, one.nothingNew...)
		if one.kept != nil {
			summary.Kept = one.kept
		}
		if len(tables) == 1 {
			summary.Proof = one.proof
			return summary, err
		}
		end := TableSummary{Table: table.Name, Proof: one.proof}
		if err != nil {
			err = exporter.WithHint(fmt.Errorf("%s: %w", table.Name, err), exporter.Hint(err))
			end.Error, end.Hint, end.Err = err.Error(), exporter.Hint(err), err
			failed = append(failed, err)
		}
		summary.Tables = append(summary.Tables, end)
		if err != nil && !ofOneTable(err) {
			break
		}
	}
	summary.Proof = joined(summary.Tables, len(tables))
	return summary, errors.Join(failed...)
}

// Read prepares a reading of a table. Nothing is asked for before Batches is
// ranged over.
func (r *Run) Read(table string, options ReadOptions) (*Reading, error) {
	found, ok := schema.Lookup(table)
	if !ok {
		return nil, exporter.WithHint(fmt.Errorf("unknown table %q", table), "The tables are: "+strings.Join(schema.TableNames(), ", ")+".")
	}
	if options.Once && options.From != nil {
		return nil, exporter.WithHint(errors.New("a checkpoint was passed to a reading that does not use checkpoints"),
			"Deliver rows as they are read, or begin without a checkpoint.")
	}
	if !options.Once && options.Since != nil {
		return nil, exporter.WithHint(errors.New("a position for a reading that delivers pages as they are read"),
			"Deliver every row once, or begin without a position.")
	}
	selected, err := found.Select(r.columns[table].Selection)
	if err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	return &Reading{run: r, walker: r.walker(), table: selected, options: options, summary: ReadSummary{RunID: r.id}}, nil
}

// journals are those of the walks of the run.
func (r *Run) journals() journals {
	return journals{workspace: r.engine.Workspace, read: r.engine.ReadJournal, tool: r.engine.Tool, config: r.config, age: r.age(), obs: r.obs}
}

// age bounds the age of the pages of a walk.
func (r *Run) age() ageLimit {
	return ageLimit{now: r.engine.Now, most: cmp.Or(r.config.JournalMaxAge, exporter.DefaultJournalMaxAge)}
}

func (r *Run) wish() wish {
	return wish{now: r.engine.Now(), lookback: r.lookback(), full: r.full}
}

// lookback is how far below the watermark an increment reads.
func (r *Run) lookback() time.Duration {
	return cmp.Or(r.config.Margin.Increment, exporter.DefaultMargin().Increment)
}

// origin is the run as the files that it writes state it.
func (r *Run) origin() origin { return origin{runID: r.id, tool: r.engine.Tool} }

// walker reads the tables of the run.
func (r *Run) walker() walker {
	return walker{source: r.source, masks: r.masks, lookback: r.lookback(), age: r.age(), several: len(r.tables()) > 1, obs: r.obs}
}

// tables are the tables of the run, each once, in the order of the exports.
func (r *Run) tables() []*schema.Table {
	var tables []*schema.Table
	for _, target := range r.targets {
		if !slices.ContainsFunc(tables, func(t *schema.Table) bool { return t.Name == target.table.Name }) {
			tables = append(tables, target.table)
		}
	}
	return tables
}
