package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// agencyJobs are jobs of teams of these names.
func agencyJobs(names ...string) []exporter.Job {
	var jobs []exporter.Job
	for _, name := range names {
		jobs = append(jobs, exporter.Job{
			Team: name, Source: exporter.SourceConfig{Endpoint: "https://api.lemlist.com/api"}, Exports: make([]exporter.Export, 1),
		})
	}
	return jobs
}

// newAgency is a console whose configuration has teams of these names.
func newAgency(names ...string) *console {
	c := newConsole("")
	c.LoadConfig = func(Configuration) ([]exporter.Job, exporter.Diagnostics) { return agencyJobs(names...), nil }
	c.LoadForReading = c.LoadConfig
	return c
}

func failedTeam() teams.Result {
	err := exporter.WithHint(errors.New("read the team: 401 Unauthorized"), "Check the API key.")
	return teams.Result{Team: "bolt", Outcome: teams.Failed, Err: err, Summary: engine.Summary{Wanted: 1}}
}

// endOfAgency is an apply of teams with every outcome but those of an interrupt.
func endOfAgency() teamsEnd {
	end := teamsEnd{elapsed: 42 * time.Second, workDir: usualWorkDir}
	done := func(name string) teams.Result {
		one := teams.Result{Team: name, Outcome: teams.Done, Summary: someSummary()}
		one.Summary.Wanted = 1
		one.Summary.Exports[0].File = "out/" + name + "/inbox_conversations.parquet"
		return one
	}
	nothingNew := done("dune")
	nothingNew.Summary.Exports, nothingNew.Summary.NothingNew = nil, []string{"out/dune/inbox_conversations"}
	unproven := teams.Result{Team: "calm", Outcome: teams.Unproven, Summary: someSummary()}
	unproven.Summary.Wanted, unproven.Summary.Exports, unproven.Summary.Proof = 1, nil, incompleteProof()
	unproven.Err = exporter.WithHint(engine.Unproven(unproven.Summary.Proof), "Nothing was written. Run apply again.")
	marked := teams.Result{Team: "ever", Outcome: teams.Unproven, Summary: someSummary()}
	marked.Summary.Wanted, marked.Summary.Proof = 1, incompleteProof()
	several := teams.Result{Team: "four", Outcome: teams.Failed, Summary: tablesSummary()}
	several.Summary.Exports = several.Summary.Exports[:2]
	several.Summary.Tables[2].Proof, several.Summary.Tables[2].Err = exporter.Proof{}, errors.New("inbox_labels: the API refuses it")
	several.Err = several.Summary.Tables[2].Err
	skipping := done("gone")
	skipping.Summary.Proof.Skipped = []exporter.SkippedPartition{{Partition: "usr_gone", Reason: "User not in team"}}
	end.results = []teams.Result{
		done("acme"), failedTeam(), unproven, nothingNew, marked, several, skipping,
		{Team: "hale", Outcome: teams.Fresh, ProvenAt: day(2)},
	}
	return end
}

func interruptedAgency() teamsEnd {
	end := endOfAgency()
	end.results = end.results[:2]
	kept := exporter.Kept{Pages: 37, From: day(1), Until: day(2), Expires: day(25)}
	stopped := teams.Result{Team: "stop", Outcome: teams.Interrupted, Err: errInterrupted, Summary: engine.Summary{Wanted: 1, Kept: &kept}}
	end.results = append(end.results, stopped, teams.Result{Team: "wait", Outcome: teams.NotStarted, Err: errInterrupted})
	return end
}

func someTeamPlans() teamPlans {
	replace := somePlan()
	replace.Exports[0].Action, replace.Exports[0].File = engine.ActionReplace, "s3://lake/team=bolt/inbox_conversations.parquet"
	unknown := somePlan()
	unknown.Survey.Simulated, unknown.Requests, unknown.LeastTime = true, nil, nil
	unknown.Exports[0].Action = engine.ActionMerge
	return teamPlans{parallel: 16, plans: []teams.Planned{
		{Team: "acme", Plan: somePlan()}, {Team: "bolt", Plan: replace}, {Team: "tables", Plan: tablesPlan()},
		{Team: "merge", Plan: unknown}, {Team: "broken", Err: failedTeam().Err},
	}}
}

func TestPlansOfSeveralTeams(t *testing.T) {
	c := newConsole("")
	newHumanView(c.App, settings{}).teams().plans(someTeamPlans())
	c.out.WriteString("== all are known ==\n")
	known := someTeamPlans()
	known.plans, known.parallel = known.plans[:3], 2
	newHumanView(c.App, settings{}).teams().plans(known)
	c.out.WriteString("== one team ==\n")
	newHumanView(c.App, settings{}).teams().plans(teamPlans{parallel: 1, plans: known.plans[:1]})
	golden(t, "teams/plan", c.both())
	if !someTeamPlans().failed() || known.failed() || !known.pending() {
		t.Error("a plan that failed is not told from one that is pending")
	}
}

func TestSummaryOfSeveralTeams(t *testing.T) {
	for name, test := range map[string]struct {
		end    teamsEnd
		status exporter.ExitStatus
	}{
		"failed":      {endOfAgency(), exporter.ExitError},
		"interrupted": {interruptedAgency(), exporter.ExitInterrupted},
		"unproven":    {teamsEnd{results: endOfAgency().results[2:4]}, exporter.ExitIncomplete},
		"done":        {teamsEnd{results: endOfAgency().results[:1]}, 0},
		"none":        {teamsEnd{}, 0},
	} {
		c := newConsole("")
		newHumanView(c.App, settings{}).teams().summary(test.end)
		golden(t, "teams/summary-"+name, c.both())
		if got := test.end.status(); got != test.status {
			t.Errorf("%s: exit %d, want %d", name, got, test.status)
		}
	}
}

// agencyEvents are those of three teams of four, each with the seconds since the start.
func agencyEvents() []timed[teamEvent] {
	at := func(seconds float64, event teamEvent) timed[teamEvent] {
		return timed[teamEvent]{day(1).Add(time.Duration(seconds * float64(time.Second))), event}
	}
	failed, done := failedTeam(), endOfAgency().results[0]
	return []timed[teamEvent]{
		at(0, teamEvent{team: "acme", event: exporter.PhaseStarted{Phase: exporter.PhaseSurvey}}),
		at(0, teamEvent{team: "bolt", event: exporter.PhaseStarted{Phase: exporter.PhaseSurvey}}),
		at(1, teamEvent{team: "acme", applying: &teams.Planned{Team: "acme", Plan: somePlan()}}),
		at(1, teamEvent{team: "acme", event: exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: 1000}}),
		at(1.5, teamEvent{team: "bolt", ended: &failed}),
		at(2, teamEvent{team: "a team with a very long name", event: exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: 500}}),
		at(2.5, teamEvent{team: "a team with a very long name", event: exporter.Throttled{Wait: time.Second}}),
		at(3, teamEvent{team: "acme", event: exporter.PageFetched{Partition: "usr_anna", Page: 1, Rows: 100, More: true}}),
		at(3, teamEvent{team: "acme", event: exporter.UnknownField{Field: "priority"}}),
		at(3, teamEvent{team: "a team with a very long name", event: exporter.UnknownField{Field: "priority"}}),
		at(4, teamEvent{team: "a team with a very long name", event: exporter.PageFetched{Partition: "usr_bo", Page: 1, Rows: 100, More: true}}),
		at(5, teamEvent{team: "acme", event: exporter.PageFetched{Partition: "usr_anna", Page: 2, Rows: 100}}),
		at(6, teamEvent{team: "acme", ended: &done}),
	}
}

func replayTeams(progress progressOf[teamEvent]) {
	for _, one := range agencyEvents() {
		progress.event(one.at, one.event)
		progress.tick(one.at)
	}
	progress.end()
}

func TestProgressOfSeveralTeams(t *testing.T) {
	pipe := newConsole("")
	progress, every := newHumanView(pipe.App, settings{}).teams().eventsOf(4).progress()
	if every != heartbeatInterval {
		t.Errorf("a heartbeat every %v", every)
	}
	replayTeams(progress)
	golden(t, "teams/heartbeat", pipe.err.String())

	screen := newConsole("")
	screen.width = 78
	progress, _ = newHumanView(screen.App, settings{}).teams().eventsOf(4).progress()
	replayTeams(progress)
	golden(t, "teams/bars", strings.NewReplacer("\r", "\n<start>", "\x1b", `\e`).Replace(screen.err.String())+"\n")
}

func TestTheLinesOfTheTeamsFitTheScreen(t *testing.T) {
	tally := teamsTally{total: 100}
	for i := range 40 {
		tally.add(day(1), teamEvent{team: fmt.Sprint("team", i), event: exporter.PhaseStarted{Phase: exporter.PhaseWalk}})
	}
	for height := 1; height < 50; height++ {
		lines := teamLines(&tally, day(1), 80, height)
		if len(lines) > height {
			t.Errorf("%d lines on a screen of %d", len(lines), height)
		}
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "0 of 100 teams done, 40 running") {
			t.Errorf("the last of %d lines is %q", height, last)
		}
	}
}

func TestJSONOfSeveralTeams(t *testing.T) {
	c := newConsole("")
	show := newJSONView(c.App)
	progress, _ := show.teams().eventsOf(4).progress()
	replayTeams(progress)
	show.teams().plans(someTeamPlans())
	show.teams().summary(endOfAgency())
	show.teams().summary(interruptedAgency())
	golden(t, "teams/json", c.out.String())
}

func TestTheTeamsOfACommand(t *testing.T) {
	for line, want := range map[string]string{
		"validate . -json":                                    `"teams":["acme","bolt","calm","dune"]`,
		"validate . -json -only=bolt,dune":                    `"teams":["bolt","dune"]`,
		"validate . -json -shard=0/2":                         `"teams":["bolt","calm"]`,
		"validate . -json -shard=1/2":                         `"teams":["acme","dune"]`,
		"validate . -json -shard=1/2 -only=bolt":              `"teams":[]`,
		"validate .":                                          "Valid. 4 teams: acme, bolt, calm, dune.",
		"validate . -only=acmee":                              `unknown team "acmee"; did you mean "acme"?`,
		"validate . -shard=2/2":                               `flag -shard does not take "2/2": it must be I/N`,
		"plan . -parallel=0":                                  "-parallel must be at least 1",
		"apply . -auto-approve -max-age=-1s":                  "-max-age must not be negative",
		"apply . -auto-approve -max-age=often":                `it must be a duration: a number and a unit, h, m or s`,
		"read inbox_conversations . -format=jsonl":            "the configuration has 4 teams, and this command takes one\n\nAdd -only=NAME with one of: acme, bolt, calm, dune.",
		"read inbox_conversations . -format=jsonl -only=duna": `unknown team "duna"; did you mean "dune"?`,
	} {
		c := newAgency("acme", "bolt", "calm", "dune")
		c.Main(t.Context(), strings.Fields(strings.Replace(line, " .", " testdata/teams/config", 1)))
		if !strings.Contains(c.both(), want) {
			t.Errorf("%s:\n%s\nwant %s", line, c.both(), want)
		}
	}
	for _, line := range []string{"validate . -only=acme", "plan . -shard=0/2", "read inbox_conversations . -format=jsonl -only=acme"} {
		c := newConsole("") // one source without a name
		status := c.Main(t.Context(), strings.Fields(strings.Replace(line, " .", " testdata/teams/config", 1)))
		if want := "chooses among teams, but the configuration has one source without a name"; status != exporter.ExitError || !strings.Contains(c.both(), want) {
			t.Errorf("%s: exit %d:\n%s", line, status, c.both())
		}
	}
}

func TestAnEmptyShardIsDone(t *testing.T) {
	c := newAgency("bolt")
	if status := c.Main(t.Context(), []string{"apply", "testdata/teams/config", "-auto-approve", "-json", "-shard=1/2"}); status != 0 {
		t.Errorf("exit %d", status)
	}
	if want := `"type":"summary","summary":{"teams":[],"outcomes":{},"seconds":0}}` + "\n"; !strings.HasSuffix(c.out.String(), want) {
		t.Errorf("%s", &c.out)
	}
}

func TestTheTeamsThatRunAtOnceFitTheMemory(t *testing.T) {
	for _, test := range []struct{ parallel, jobs, mebibytes, want int }{
		{16, 50, 128, 16}, {50, 50, 128, 16}, {50, 10, 128, 10}, {50, 50, 400, 50}, {16, 0, 128, 1}, {16, 50, 32, 4},
	} {
		got, warnings := teamPace{parallel: test.parallel}.atOnce(test.jobs, int64(test.mebibytes)<<20)
		if got != test.want || (len(warnings) > 0) != (got < min(test.parallel, test.jobs)) {
			t.Errorf("%+v: %d at once, %v", test, got, warnings)
		}
	}
}
