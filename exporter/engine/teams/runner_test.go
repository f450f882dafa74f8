package teams_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/journal"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// agency is a runner with real adapters, and simulated teams with a key each.
type agency struct {
	teams.Runner
	dir  string
	jobs []exporter.Job
	seen watcher
}

func newAgency(t *testing.T, parallel int) *agency {
	t.Helper()
	a := &agency{dir: t.TempDir()}
	var runs atomic.Int64
	margin := exporter.DefaultMargin()
	margin.Settle = 10 * time.Millisecond // one server answers, and does not lag
	a.Runner = teams.Runner{Parallel: parallel, Observer: &a.seen, Engine: &engine.Engine{
		OpenSource: func(_ context.Context, config exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
			return lemlist.Open(lemlist.Options{Endpoint: config.Endpoint, Key: config.APIKey, Observer: obs, Unlimited: true, Margin: margin})
		},
		OpenDestination: store.Open,
		Formats:         map[string]exporter.Format{"parquet": parquet.Format{Version: "test"}},
		Scratch:         scratch.New(t.TempDir()),
		Workspace:       journal.NewWorkspace(filepath.Join(a.dir, "work")),
		ReadJournal:     lemlist.Kept,
		Tool:            exporter.Tool{Name: "lemexport", Version: "test"},
		Now:             time.Now,
		NewRunID:        func() string { return fmt.Sprintf("run-%04d", runs.Add(1)) },
	}}
	return a
}

// add adds a team of that name, and its job.
func (a *agency) add(t *testing.T, name string, options sim.Options) {
	t.Helper()
	options.Unlimited, options.Key, options.Seed = true, "key-of-"+name+"-0123456789", uint64(len(a.jobs))
	server, err := sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	running, err := server.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	a.jobs = append(a.jobs, exporter.Job{
		Team:   name,
		Source: exporter.SourceConfig{Type: "lemlist", Endpoint: running.URL(), APIKey: exporter.NewSecret(server.Key())},
		Exports: []exporter.Export{{
			Table: "inbox_conversations", Destination: filepath.Join(a.dir, name), Format: "parquet", Mode: "snapshot",
		}},
	})
}

func (a *agency) apply(ctx context.Context) []teams.Result {
	return a.Apply(ctx, a.Queue(ctx, a.jobs), engine.ApplyOptions{})
}

// watcher is an observer that notes who runs.
type watcher struct {
	mu      sync.Mutex
	running map[string]bool
	most    int
	started []string
	applied []string
	ended   []string
	resumed []string
	onPage  func(team string)
}

func (w *watcher) Event(team string, event exporter.Event) {
	w.mu.Lock()
	if w.running == nil {
		w.running = make(map[string]bool)
	}
	if !w.running[team] {
		w.running[team] = true
		w.started = append(w.started, team)
	}
	w.most = max(w.most, len(w.running))
	if _, ok := event.(exporter.Resumed); ok {
		w.resumed = append(w.resumed, team)
	}
	onPage := w.onPage
	w.mu.Unlock()
	if _, ok := event.(exporter.PageFetched); ok && onPage != nil {
		onPage(team)
	}
}

func (w *watcher) Planned(plan teams.Planned) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, plan.Team)
}

func (w *watcher) Applying(plan teams.Planned) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied = append(w.applied, plan.Team)
}

func (w *watcher) Ended(result teams.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, result.Team)
	w.ended = append(w.ended, result.Team)
}

// outcomes are the outcomes by team.
func outcomes(results []teams.Result) map[string]teams.Outcome {
	of := make(map[string]teams.Outcome)
	for _, one := range results {
		of[one.Team] = one.Outcome
	}
	return of
}

func (a *agency) rows(t *testing.T, team string) int64 {
	t.Helper()
	found, err := a.Engine.Verify(t.Context(), filepath.Join(a.dir, team))
	if err != nil || !found.OK() {
		t.Fatalf("%s: %+v, %v", team, found.Checks, err)
	}
	return found.Manifest.Rows
}

func TestWhatFailsForOneTeamStopsNoOther(t *testing.T) {
	a := newAgency(t, 3)
	for i := range 6 {
		a.add(t, fmt.Sprint("team", i), sim.Options{Conversations: 100 + 10*i})
	}
	a.jobs[1].Source.APIKey = exporter.NewSecret("revoked-0123456789abcdef")
	a.jobs[2].Exports[0].Destination = "nowhere://"
	a.add(t, "doubtful", sim.Options{Total: sim.TotalMore})
	results := a.apply(t.Context())
	for team, outcome := range outcomes(results) {
		want := teams.Done
		switch team {
		case "team1", "team2":
			want = teams.Failed
		case "doubtful":
			want = teams.Unproven
		}
		if outcome != want {
			t.Errorf("%s is %s, want %s", team, outcome, want)
		}
	}
	for _, i := range []int{0, 3, 4, 5} {
		if got := a.rows(t, fmt.Sprint("team", i)); got != int64(100+10*i) {
			t.Errorf("team%d has %d rows", i, got)
		}
	}
	for _, one := range results {
		if (one.Err == nil) != (one.Outcome == teams.Done) {
			t.Errorf("%s is %s with the error %v", one.Team, one.Outcome, one.Err)
		}
		if one.Err != nil && strings.Contains(one.Err.Error(), "revoked-") {
			t.Errorf("the error has the key: %v", one.Err)
		}
	}
	if a.seen.most > 3 || len(a.seen.ended) != len(a.jobs) {
		t.Errorf("%d teams ran at once, %v ended", a.seen.most, a.seen.ended)
	}
}

func TestTheLargestTeamsComeFirstAfterThoseOfUnknownSize(t *testing.T) {
	a := newAgency(t, 2)
	a.add(t, "small", sim.Options{Conversations: 20})
	a.add(t, "large", sim.Options{Conversations: 300})
	a.add(t, "middle", sim.Options{Conversations: 100})
	if got := outcomes(a.apply(t.Context())); len(got) != 3 {
		t.Fatal(got)
	}
	a.add(t, "new", sim.Options{})
	var order []string
	for _, one := range a.Queue(t.Context(), a.jobs) {
		order = append(order, one.Job.Team)
	}
	if want := []string{"new", "large", "middle", "small"}; !slices.Equal(order, want) {
		t.Errorf("the order is %v, want %v", order, want)
	}
}

func TestOnlyTeamsThatAreNotProvenRecentlyAreStale(t *testing.T) {
	a := newAgency(t, 2)
	a.add(t, "proven", sim.Options{})
	a.add(t, "doubtful", sim.Options{Total: sim.TotalMore})
	a.add(t, "half", sim.Options{})
	before := time.Now()
	a.Apply(t.Context(), a.Queue(t.Context(), a.jobs), engine.ApplyOptions{AllowIncomplete: true})
	missing := a.jobs[2].Exports[0]
	missing.Destination += "-elsewhere"
	a.jobs[2].Exports = append(a.jobs[2].Exports, missing)
	stale, fresh := teams.Stale(a.Queue(t.Context(), a.jobs), before)
	if len(stale) != 2 || len(fresh) != 1 || fresh[0].Team != "proven" || fresh[0].Outcome != teams.Fresh || fresh[0].ProvenAt.Before(before) {
		t.Errorf("stale are %+v, fresh %+v", stale, fresh)
	}
	if stale, fresh := teams.Stale(a.Queue(t.Context(), a.jobs), time.Now()); len(stale) != 3 {
		t.Errorf("%+v is fresh after it was proven", fresh)
	}
}

func TestAnInterruptStopsTeamsThatRunAndStartsNoOthers(t *testing.T) {
	a := newAgency(t, 1)
	for _, name := range []string{"first", "second", "third"} {
		a.add(t, name, sim.Options{Users: 1, Conversations: 2000})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stop := errors.New("stop")
	pages := 0
	a.seen.onPage = func(team string) {
		if pages++; team == "second" {
			if pages > 30 {
				cancel(stop)
			}
		}
	}
	results := a.apply(ctx)
	want := map[string]teams.Outcome{"first": teams.Done, "second": teams.Interrupted, "third": teams.NotStarted}
	for team, outcome := range outcomes(results) {
		if outcome != want[team] {
			t.Errorf("%s is %s, want %s", team, outcome, want[team])
		}
	}
	if kept := results[1].Summary.Kept; kept == nil || kept.Pages == 0 {
		t.Fatalf("an interrupted team keeps %+v", kept)
	}
	a.seen.onPage = nil
	for _, one := range a.apply(t.Context()) {
		if one.Outcome != teams.Done {
			t.Errorf("after the interrupt %s is %s: %v", one.Team, one.Outcome, one.Err)
		}
	}
	if !slices.Equal(a.seen.resumed, []string{"second"}) {
		t.Errorf("%v went on from what was read before", a.seen.resumed)
	}
}

func TestAPlanIsAppliedAsItWasApproved(t *testing.T) {
	a := newAgency(t, 2)
	a.add(t, "same", sim.Options{})
	a.add(t, "changed", sim.Options{})
	queue := a.Queue(t.Context(), a.jobs)
	for i, plan := range a.Plan(t.Context(), queue) {
		if plan.Err != nil || plan.Team != queue[i].Job.Team {
			t.Fatalf("%+v", plan)
		}
		queue[i].Approved = &plan.Plan
	}
	a.Apply(t.Context(), a.Queue(t.Context(), a.jobs[1:]), engine.ApplyOptions{}) // somebody else
	a.seen.applied = nil
	got := a.Apply(t.Context(), queue, engine.ApplyOptions{})
	if got[0].Outcome != teams.Done || got[1].Outcome != teams.Failed || !strings.Contains(got[1].Err.Error(), "has changed since the plan was made") {
		t.Errorf("%s, %s: %v", got[0].Outcome, got[1].Outcome, got[1].Err)
	}
	if len(a.seen.applied) > 0 {
		t.Errorf("plans that were approved are told of again: %v", a.seen.applied)
	}
}
