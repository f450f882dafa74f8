package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// readSince reads conversations once from a position, and returns the reading that has ended.
func (b *bench) readSince(t *testing.T, job exporter.Job, since *exporter.Position) ([]version, *engine.Reading, error) {
	t.Helper()
	run, err := b.StartReading(t.Context(), job, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}()
	reading, err := run.Read("inbox_conversations", engine.ReadOptions{Once: true, Since: since})
	if err != nil {
		t.Fatal(err)
	}
	var rows []version
	for batch, err := range reading.Batches(t.Context()) {
		if err != nil {
			return rows, reading, err
		}
		if reading.Position() != nil {
			t.Error("there is a position before the last batch was taken")
		}
		rows = append(rows, versionsOf(batch.Record)...)
	}
	return rows, reading, nil
}

// consumer is a host that keeps rows by id, and the position.
type consumer struct {
	rows map[string]time.Time
	at   *exporter.Position
}

// read takes one reading as a host does: a full one replaces all rows.
func (c *consumer) read(t *testing.T, b *bench, job exporter.Job) (read int, full bool) {
	t.Helper()
	rows, reading, err := b.readSince(t, job, c.at)
	if err != nil {
		t.Fatal(err)
	}
	full = reading.Summary().Full
	if full {
		c.rows = make(map[string]time.Time)
	}
	once := make(map[string]bool)
	for _, row := range rows {
		if once[row.id] {
			t.Errorf("%s was delivered twice", row.id)
		}
		once[row.id] = true
		if kept, ok := c.rows[row.id]; !ok || !row.at.Before(kept) {
			c.rows[row.id] = row.at
		}
	}
	c.at = stored(t, reading.Position())
	return len(rows), full
}

// stored is a position that a host has kept as JSON.
func stored(t *testing.T, position *exporter.Position) *exporter.Position {
	t.Helper()
	text, err := json.Marshal(position)
	if err != nil {
		t.Fatal(err)
	}
	again, err := exporter.ParsePosition(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if diff := gocmp.Diff(position, again, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("(-position +stored):\n%s", diff)
	}
	return again
}

// Whatever happens between the readings, the rows that a consumer merges by id are those
// of the team: all that live after every increment, and no others after a full reading.
func TestReadingsFromPositionsAddUpToTheTeam(t *testing.T) {
	b := newBench(t, sim.Options{Users: 1, Conversations: 1})
	increments := 0
	rapid.Check(t, func(r *rapid.T) {
		now := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
		b.clock = func() time.Time { return now }
		source := &lists{page: rapid.IntRange(2, 5).Draw(r, "page"), rows: map[string]map[string]time.Time{"usr_a": {}, "usr_b": {}}}
		source.serve(b)
		host := consumer{rows: make(map[string]time.Time)}
		for step := range rapid.IntRange(2, 8).Draw(r, "steps") {
			for i := range rapid.IntRange(0, 12).Draw(r, "movements") {
				list := source.rows[rapid.SampledFrom(slices.Sorted(maps.Keys(source.rows))).Draw(r, "user")]
				ids := slices.Sorted(maps.Keys(list))
				switch kind := rapid.IntRange(0, 5).Draw(r, "kind"); {
				case kind < 3 || len(ids) == 0: // a new one, perhaps visible late
					list[fmt.Sprintf("cnv_%d_%d", step, i)] = now.Add(-time.Duration(rapid.IntRange(0, 1799).Draw(r, "late")) * time.Second)
				case kind < 5:
					list[rapid.SampledFrom(ids).Draw(r, "jumps")] = now
				default:
					delete(list, rapid.SampledFrom(ids).Draw(r, "goes"))
				}
			}
			if rapid.IntRange(0, 9).Draw(r, "joins") == 0 {
				source.rows[fmt.Sprintf("usr_%d", step)] = map[string]time.Time{fmt.Sprintf("cnv_old_%d", step): now.Add(-time.Hour * 24 * 90)}
			}
			now = now.Add(time.Second)
			_, full := host.read(t, b, b.job())
			source.check(t, step, host.rows)
			if full && len(host.rows) != len(source.truth()) {
				r.Fatalf("step %d: %d rows after a full reading, %d live", step, len(host.rows), len(source.truth()))
			}
			if !full {
				increments++
			}
			if t.Failed() {
				r.Fatalf("step %d", step)
			}
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 100}).Draw(r, "hours")) * time.Hour)
		}
	})
	if increments == 0 {
		t.Error("no reading was an increment: the test does not test")
	}
}

func TestReadingsFromPositionsWhileRowsMove(t *testing.T) {
	var atRest atomic.Bool
	b := newBench(t, sim.Options{Users: 3, Conversations: 600, Seed: 4, LimitMax: 20, Drift: sim.Drift{Script: func(step int) []sim.Movement {
		if atRest.Load() {
			return nil
		}
		return []sim.Movement{{Kind: []sim.Kind{sim.Jump, sim.Jump, sim.Insert, sim.Delete}[step%4], Position: step * 7919}}
	}}})
	host := consumer{rows: make(map[string]time.Time)}
	for round := range uint64(10) {
		b.churn(20, round, sim.Jump, sim.Jump, sim.Insert, sim.Delete)
		atRest.Store(round%2 == 1)
		if round == 9 {
			b.later(exporter.DefaultFullEvery)
		}
		read, full := host.read(t, b, b.job())
		if full != (round == 0 || round == 9) || !full && read > 300 {
			t.Errorf("round %d: full is %t, %d rows were read", round, full, read)
		}
		if round%2 == 0 {
			continue
		}
		living, truth := maps.Clone(host.rows), b.truth()
		if !full { // deleted rows stay until the next full reading
			maps.DeleteFunc(living, func(id string, _ time.Time) bool { _, alive := truth[id]; return !alive })
		}
		if diff := gocmp.Diff(truth, living); diff != "" {
			t.Fatalf("round %d (-team +consumer):\n%s", round, diff)
		}
	}
}

func TestAReadingIsFullWhenTheLastFullOneIsTooOld(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 300})
	job := b.job()
	_, first, err := b.readSince(t, job, nil)
	if err != nil || !first.Summary().Full || first.Position().FullProof.RunID != "run-1" {
		t.Fatal(err, first.Summary(), first.Position())
	}
	b.later(20 * time.Hour)
	at := first.Position()
	if _, second, err := b.readSince(t, job, at); err != nil || second.Summary().Full || second.Position().FullProof.RunID != "run-1" {
		t.Errorf("after 20 hours: %v, %+v", err, second.Position())
	} else {
		at = second.Position()
	}
	for name, change := range map[string]func(*exporter.Job){
		"full_every of an export": func(job *exporter.Job) {
			job.Exports = in(exporter.ModeMerge, b.job(b.dir)).Exports
			job.Exports[0].FullEvery = 20 * time.Hour
		},
		"the job": func(job *exporter.Job) { job.Full = true },
	} {
		job := b.job()
		change(&job)
		rows, reading, err := b.readSince(t, job, at)
		if err != nil || !reading.Summary().Full || len(rows) != 300 || reading.Position().FullProof.RunID != reading.Summary().RunID {
			t.Errorf("%s: %v, %d rows, %+v", name, err, len(rows), reading.Position())
		}
	}
	run, err := b.StartReading(t.Context(), job, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	reading, err := run.Read("inbox_conversations", engine.ReadOptions{Once: true, Since: at, FullEvery: 19 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range reading.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !reading.Summary().Full {
		t.Error("FullEvery of the reading has no effect")
	}
}

// An unproven reading and one that is left give nothing to go on from: the next one goes on
// from the position before, and misses nothing.
func TestAReadingThatDoesNotEndLeavesThePosition(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 300})
	host := consumer{rows: make(map[string]time.Time)}
	host.read(t, b, b.job())
	before := *host.at

	b.churn(30, 3, sim.Jump, sim.Insert)
	b.wrap = func(source exporter.Source) exporter.Source { return unproven{source} }
	rows, reading, err := b.readSince(t, b.job(), host.at)
	if !errors.Is(err, exporter.ErrIncomplete) || len(rows) > 0 || reading.Position() != nil || reading.Summary().Full {
		t.Errorf("unproven: %d rows, %v, position %v", len(rows), err, reading.Position())
	}
	b.wrap = nil
	_, reading, err = b.leave(t, host.at)
	if err != nil || reading.Position() != nil {
		t.Errorf("left: %v, position %v", err, reading.Position())
	}
	if diff := gocmp.Diff(before, *host.at); diff != "" {
		t.Errorf("the position changed:\n%s", diff)
	}

	if _, full := host.read(t, b, b.job()); full {
		t.Error("the last reading is no increment")
	}
	if diff := gocmp.Diff(b.truth(), host.rows); diff != "" {
		t.Errorf("(-team +consumer):\n%s", diff)
	}
}

// leave ends a reading after its first batch.
func (b *bench) leave(t *testing.T, since *exporter.Position) (rows []version, reading *engine.Reading, err error) {
	t.Helper()
	run, err := b.StartReading(t.Context(), b.job(), exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	if reading, err = run.Read("inbox_conversations", engine.ReadOptions{Once: true, Since: since}); err != nil {
		t.Fatal(err)
	}
	for batch, err := range reading.Batches(t.Context()) {
		return versionsOf(batch.Record), reading, err
	}
	return nil, reading, nil
}

func TestAPositionOfAnotherConfigurationIsRefused(t *testing.T) {
	const otherKey = "f3a91c5be07d2846915ac3e8d470b62f8c1e5d39a7042bf6e81d93c5407ab26e"
	b := newBench(t, sim.Options{Users: 2, Conversations: 60})
	hashed := columns([]string{"extra"}, []string{"contact.email"}, aHashKey)
	_, reading, err := b.readSince(t, b.both(hashed, b.dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*exporter.Position, *exporter.Job){
		`team is the simulated team "tea_other", not `: func(p *exporter.Position, _ *exporter.Job) { p.Source.TeamID = "tea_other" },
		`, not the simulated team "`:                   func(p *exporter.Position, _ *exporter.Job) { p.Simulated = false },
		`endpoint is "https://elsewhere.example", not "http://127`: func(p *exporter.Position, _ *exporter.Job) {
			p.Simulated, p.Source.Endpoint = false, "https://elsewhere.example"
		},
		`users are every user of the team, not ` + b.team.UserIDs()[0]: func(_ *exporter.Position, job *exporter.Job) { job.Source.Users = b.team.UserIDs()[:1] },
		`table is "inbox_labels", not "inbox_conversations"`:           func(p *exporter.Position, _ *exporter.Job) { p.Table = "inbox_labels" },
		`schema version is 9, not 1`:                                   func(p *exporter.Position, _ *exporter.Job) { p.SchemaVersion = 9 },
		`excluded columns are extra, not none`:                         func(_ *exporter.Position, job *exporter.Job) { job.Exports[0].Columns.Exclude = nil },
		`hashed columns are contact.email, not none`:                   func(_ *exporter.Position, job *exporter.Job) { job.Exports[0].Columns.Hash = nil },
		`hash key is another one`: func(_ *exporter.Position, job *exporter.Job) {
			job.Exports[0].Columns.HashKey = exporter.NewSecret(otherKey)
		},
		`which is in the future`: func(p *exporter.Position, _ *exporter.Job) { p.FinishedAt = time.Now().Add(2 * time.Hour) },
		`the position is of 9999-12-31T22:59:59Z, which is in the future`: func(p *exporter.Position, _ *exporter.Job) {
			for user, mark := range p.Marks {
				mark.Newest = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
				p.Marks[user] = mark
			}
		},
	} {
		t.Run(want, func(t *testing.T) {
			position, job := stored(t, reading.Position()), b.both(hashed, b.dir)
			change(position, &job)
			rows, refused, err := b.readSince(t, job, position)
			if err == nil || !strings.Contains(err.Error(), want) || exporter.Hint(err) == "" || len(rows) > 0 || refused.Position() != nil {
				t.Errorf("%d rows, and the error is %v", len(rows), err)
			}
		})
	}
	if _, again, err := b.readSince(t, b.both(hashed, b.dir), stored(t, reading.Position())); err != nil || again.Summary().Full {
		t.Errorf("its own configuration: %v, %+v", err, again.Summary())
	}
}

func TestATableWithoutVersionsIsAlwaysFull(t *testing.T) {
	b, _ := newManyTables(t)
	var at *exporter.Position
	for range 2 {
		run, err := b.StartReading(t.Context(), b.job(), exporter.Unobserved{})
		if err != nil {
			t.Fatal(err)
		}
		reading, err := run.Read("team_users", engine.ReadOptions{Once: true, Since: at})
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		for batch, err := range reading.Batches(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			rows += batch.Record.NumRows()
		}
		at = stored(t, reading.Position())
		if rows != 2 || !reading.Summary().Full || at.FullProof.RunID != run.ID() || len(at.Marks) > 0 {
			t.Errorf("%d rows, full is %t, the position is %+v", rows, reading.Summary().Full, at)
		}
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAPositionIsForReadingsThatDeliverRowsOnce(t *testing.T) {
	b := newBench(t, sim.Options{Users: 1, Conversations: 1})
	run, err := b.StartReading(t.Context(), b.job(), exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	if _, err := run.Read("inbox_conversations", engine.ReadOptions{Since: new(exporter.Position)}); err == nil || exporter.Hint(err) == "" {
		t.Errorf("the error is %v", err)
	}
}
