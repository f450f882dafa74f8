package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// ReadOptions say how rows are delivered.
type ReadOptions struct {
	// Once delivers every conversation once, newest activity first, when the walk is
	// proven complete. Otherwise pages come as they are read: the same conversation
	// may come again, and its row with the newest activity counts, the last of equals.
	Once bool
	// From leaves out what was delivered before that checkpoint; nil is the
	// beginning. Once delivers nothing before it has everything, so it has no
	// checkpoints and takes none.
	From *Checkpoint
	// Since is the position that an earlier reading ended with; nil reads everything.
	// Only with Once. Every row that is new or changed since then is delivered, and
	// some that are not: those within the lookback below the watermark, which catch what
	// became visible late. The consumer replaces its rows by id.
	Since *exporter.Position
	// FullEvery is how old the last full reading may become before everything is read
	// in spite of Since; 0 is what the exports of the job say for the table, or
	// [exporter.DefaultFullEvery].
	FullEvery time.Duration
}

// Batch is a part of a reading.
type Batch struct {
	// Record holds rows with the table's Arrow schema, at least one.
	Record arrow.Record
	// Checkpoint marks what was delivered up to and including this batch; nil when
	// it could not be resumed from here.
	Checkpoint *Checkpoint
}

// ReadSummary is the account of a reading, as far as it went.
type ReadSummary struct {
	RunID     string `json:"run_id"`
	Simulated bool   `json:"simulated"`
	// Full is true when every list was read in full, and proven: a row that was not
	// delivered is gone, or belongs to users whose list the API refuses. With Once it is
	// known from the first batch on; otherwise it stays false.
	Full bool `json:"full"`
	// Proof is nil when no walk was begun.
	Proof   *exporter.Proof `json:"proof"`
	Elapsed time.Duration   `json:"-"`
	Seconds float64         `json:"seconds"`
}

// ProofKey is the key of the proof, as JSON, in the metadata of a schema whose
// rows come [ReadOptions.Once].
const ProofKey = "lemexport.proof"

// Reading is one pass over a table for a consumer that keeps the rows itself.
type Reading struct {
	run     *Run
	walker  walker
	table   *schema.Table
	options ReadOptions
	summary ReadSummary
	// next is the position after the rows, known before them, and delivered that the
	// consumer has taken all of them.
	next      *exporter.Position
	delivered bool
}

// Summary is the account. It is whole when Batches has ended.
func (r *Reading) Summary() ReadSummary { return r.summary }

// Position is where the next reading can go on. It is nil until Batches has ended without
// an error and the last row was taken, and when rows do not come [ReadOptions.Once].
func (r *Reading) Position() *exporter.Position {
	if !r.delivered {
		return nil
	}
	return r.next
}

// Table is the table that is read, without what the run leaves out.
func (r *Reading) Table() *schema.Table { return r.table }

// Schema is the schema of the records, with the proof and the next position in its
// metadata once there are such: from the first batch on.
func (r *Reading) Schema() (*arrow.Schema, error) {
	full := r.table.Arrow()
	if r.summary.Proof == nil {
		return full, nil
	}
	meta := full.Metadata()
	keys, values := slices.Clone(meta.Keys()), slices.Clone(meta.Values())
	proof, err := json.Marshal(r.summary)
	if err != nil {
		return nil, fmt.Errorf("encode proof: %w", err)
	}
	keys, values = append(keys, ProofKey), append(values, string(proof))
	if r.next != nil {
		position, err := json.Marshal(r.next)
		if err != nil {
			return nil, fmt.Errorf("encode position: %w", err)
		}
		keys, values = append(keys, exporter.PositionKey), append(values, string(position))
	}
	meta = arrow.NewMetadata(keys, values)
	return arrow.NewSchema(full.Fields(), &meta), nil
}

// Batches walks the source and yields the rows. A batch's record is the loop
// body's only until the next iteration. The sequence has everything only when it
// ends without an error; the error of a walk that cannot be proven wraps
// [exporter.ErrIncomplete]. It can be ranged over once.
func (r *Reading) Batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		started := r.walker.age.now()
		r.walker.obs.Observe(exporter.TableStarted{Table: r.table.Name})
		wanted := true
		err := r.read(ctx, func(batch Batch) bool {
			wanted = yield(batch, nil)
			return wanted
		})
		r.summary.Elapsed = r.walker.age.now().Sub(started)
		r.summary.Seconds = r.summary.Elapsed.Seconds()
		r.ended(ctx, err)
		if err != nil && wanted {
			yield(Batch{}, err)
		}
	}
}

// ended reports the end of the table, and with it of the work of the run.
func (r *Reading) ended(ctx context.Context, err error) {
	end := exporter.TableEnded{Table: r.table.Name, Ending: endingOf(ctx, err), Err: err}
	if r.summary.Proof != nil {
		end.Proof = *r.summary.Proof
	}
	r.walker.obs.Observe(end)
	r.walker.obs.Observe(exporter.WorkEnded{Ending: end.Ending, Err: err})
}

func (r *Reading) read(ctx context.Context, yield func(Batch) bool) error {
	r.walker.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseSurvey})
	survey, began, err := r.run.survey(ctx, []*schema.Table{r.table})
	if err != nil {
		return err
	}
	r.summary.Simulated = survey.Simulated
	if err := survey.Of(r.table.Name).Err(); err != nil {
		return err
	}
	if r.options.Once {
		return r.once(ctx, Plan{Survey: survey, surveyed: began}, yield)
	}
	return r.asRead(ctx, Plan{Survey: survey, surveyed: began}, yield)
}

// once keeps the rows until they are known to be all.
func (r *Reading) once(ctx context.Context, plan Plan, yield func(Batch) bool) (err error) {
	from, err := startOf(r.run, r.table, r.options, plan)
	if err != nil {
		return err
	}
	sorter, err := r.run.engine.temporary().sorter(r.table, leastRoom(from.plan, r.table.Name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sorter.Close()) }()
	walked, err := r.walker.walk(ctx, sorter, r.table, from.plan, nil)
	r.summary.Proof = &walked.proof
	if err != nil {
		return err
	}
	if !walked.proof.Complete {
		return unproven(walked.proof, true)
	}
	r.summary.Full = walked.proof.Whole()
	r.next = from.position(walked, r.run.origin(), r.walker.lookback)
	for rec, err := range walked.sorted.Records(ctx) {
		if err != nil {
			return err
		}
		if !yield(Batch{Record: rec}) {
			return nil
		}
	}
	r.delivered = true
	return nil
}

// asRead hands the pages on. Only their ids and versions are kept, for the
// account.
func (r *Reading) asRead(ctx context.Context, plan Plan, yield func(Batch) bool) (err error) {
	seen, err := r.run.engine.temporary().index()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seen.Close()) }()
	var journal *runJournal
	if r.options.From == nil {
		journal = r.run.journals().open(r.table, plan.Survey, nil, true)
	} else {
		journal = r.run.journals().await(ctx, r.table, plan.Survey)
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	delivered := newDelivered(r.run.journals(), r.options.From, r.table, plan.Survey, journal)

	r.walker.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: valueOr(plan.estimate(r.table.Name).Rows, 0)})
	life := r.walker.age.lifetime(journal)
	walk := r.walker.source.Walk(ctx, r.table, nil, journal.orNil())
	account := func() (int64, error) {
		lost, err := seen.Losers()
		proof := walk.Proof()
		if err == nil {
			proof = counted(proof, seen, seen.Len()-lost)
		}
		proof = outlived(proof, life.over())
		r.summary.Proof = &proof
		return lost, err
	}
	for page, err := range walk.Pages() {
		life = life.with(page, plan.surveyed)
		more := true
		if err == nil {
			more, err = r.page(page, seen, delivered, yield)
		}
		if err != nil || !more {
			_, failed := account()
			return errors.Join(err, failed)
		}
	}
	if _, err := account(); err != nil {
		return err
	}
	if !r.summary.Proof.Complete {
		return errors.Join(unproven(*r.summary.Proof, false), journal.Remove())
	}
	return journal.Remove()
}

// page counts a page and hands on what the consumer does not have; it reports
// false when the consumer wants no more.
func (r *Reading) page(page exporter.Page, seen *rows.Index, delivered *delivered, yield func(Batch) bool) (bool, error) {
	rec, keys, err := r.walker.rows(r.table, page)
	if err != nil {
		return false, err
	}
	defer rec.Release()
	page.Record = rec
	if rec.NumRows() > 0 {
		if err := seen.Add(page.Partition, keys); err != nil {
			return false, err
		}
	}
	batch, news := delivered.next(page)
	return !news || yield(batch), nil
}

// unproven is the error of a reading whose walk is not proven; once is
// [ReadOptions.Once].
func unproven(proof exporter.Proof, once bool) error {
	hint := "The delivered rows may not be all rows."
	if once {
		hint = "No row was delivered."
	}
	return exporter.WithHint(Unproven(proof), hint+" Read again when the inbox is quieter.")
}

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
