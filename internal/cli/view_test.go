package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func TestPlanText(t *testing.T) {
	replace := somePlan()
	replace.Exports[0].Action = engine.ActionReplace
	replace.Exports[0].Current = new(someManifest())
	replace.Exports[0].SchemaChanges = []string{"Schema version 1 of the file becomes version 2."}
	replace.Exports = append(replace.Exports, somePlan().Exports[0])
	replace.Exports[1].File = "file:///lake/inbox_conversations.parquet"

	unchanged := somePlan()
	unchanged.Survey.Tables = []exporter.TableSurvey{{Table: "inbox_conversations", Partitions: unchanged.Survey.OfUsers().Partitions[:1]}}
	unchanged.Exports[0].Action = engine.ActionReplace
	unchanged.Exports[0].Current = new(someManifest())
	unchanged.Exports[0].Unchanged = true

	unknown := somePlan()
	unknown.Survey.Simulated = true
	unknown.Survey.OfUsers().Partitions[0].TotalItems, unknown.Survey.OfUsers().Partitions[0].Pages = nil, nil
	unknown.Survey.Tables[0].Skipped = []exporter.SkippedPartition{{Partition: "usr_gone", Reason: hostile}}
	unknown.Survey.Tables[0].Unknown = []string{"someNewField", "users[].role", hostile}
	unknown.Conversations, unknown.Requests, unknown.LeastTime = nil, nil, nil
	unknown.Exports[0].Current = new(someManifest())
	unknown.Exports[0].Current.Simulated = true
	unknown.Exports[0].Current.Proof = incompleteProof()

	guarded := somePlan()
	guarded.Exports[0].Action = engine.ActionReplace
	guarded.Exports[0].Current = new(someManifest())
	guarded.Exports[0].FileMode = "0640"
	guarded.Exports[0].Shrink = &engine.ShrinkPlan{Max: 0.5, LeastRows: 6000}

	impossible := somePlan()
	impossible.Survey.OfUsers().Partitions[0].TotalItems, impossible.Survey.OfUsers().Partitions[0].Pages = new(int64(1e18)), nil
	impossible.Conversations, impossible.Requests, impossible.LeastTime = nil, nil, nil

	narrowed := somePlan()
	narrowed.Exports[0].DroppedUsers = []string{"usr_cleo", "usr_dan"}

	columns := somePlan()
	columns.Survey.Tables[0].Unknown = []string{"someNewField"}
	columns.Exports[0].Columns = &exporter.ManifestColumns{Excluded: []string{"contact.full_name", "extra"}, Hashed: []string{"contact.email"}, Personal: []string{"id", "contact_id", "users.user_id"}}

	merge := somePlan()
	merge.Requests, merge.LeastTime = nil, nil
	merge.Exports[0].Mode, merge.Exports[0].Action = exporter.ModeMerge, engine.ActionMerge
	merge.Exports[0].Current, merge.Exports[0].DroppedUsers = new(someManifest()), []string{"usr_cleo"}
	merge.Exports[0].Increment = &engine.IncrementPlan{
		Since:     map[string]exporter.Mark{"usr_anna": {Newest: day(1), Floor: day(1).Add(-30 * time.Minute)}},
		FullProof: &exporter.FullProof{RunID: "run-0", FinishedAt: day(0), Method: "seams+sweep"}, FullDue: new(day(9)),
	}
	merge.Exports[0].Shrink = &engine.ShrinkPlan{Max: 0.25, LeastRows: 9000} // an increment removes nothing
	due := somePlan()
	due.Exports[0] = merge.Exports[0]
	due.Exports[0].Increment = &engine.IncrementPlan{Full: "the last full proof is older than 168h", FullProof: merge.Exports[0].Increment.FullProof, FullDue: new(day(1))}
	add := somePlan()
	add.Exports[0] = merge.Exports[0]
	add.Exports[0].Mode, add.Exports[0].Action = exporter.ModeAppend, engine.ActionAppend
	add.Exports[0].File, add.Exports[0].CurrentFile = "out/inbox_conversations/run-2.parquet", "out/inbox_conversations/run-1.parquet"
	add.Exports[0].DroppedUsers, add.Exports[0].Unchanged = nil, true
	added := somePlan()
	added.Exports[0].Mode, added.Exports[0].Action = exporter.ModeAppend, engine.ActionAppend
	added.Exports[0].Increment = &engine.IncrementPlan{Full: "there is no file yet"}

	missing := somePlan()
	missing.Exports[0] = add.Exports[0]
	missing.Exports[0].Unchanged, missing.Exports[0].Shrink = false, nil
	missing.Exports[0].Increment = &engine.IncrementPlan{Full: "-full asks for it", OnlyMissing: true, FullProof: merge.Exports[0].Increment.FullProof, FullDue: new(day(9))}
	missing.Exports[0].OtherEnds = []string{"out/inbox_conversations/0199a1b2.parquet"}

	encoded := somePlan()
	encoded.Exports[0].Encoding, encoded.Exports[0].Extra = exporter.EncodingCompact, exporter.ExtraJSON

	team := tablesPlan()
	team.Survey.Tables, team.Exports, team.Tables = team.Survey.Tables[1:2], team.Exports[1:2], nil
	team.Conversations, team.Requests, team.LeastTime = nil, new(int64(1)), new(0.0)

	same := tablesPlan()
	same.Survey.Tables, same.Exports, same.Tables = team.Survey.Tables, slices.Clone(team.Exports), nil
	same.Exports[0].Action, same.Exports[0].Current, same.Exports[0].Unchanged = engine.ActionReplace, new(someManifest()), true

	beside := somePlan()
	beside.Exports[0].Action, beside.Exports[0].Current = engine.ActionReplace, new(someManifest())
	whole := *merge.Exports[0].Increment
	whole.FullWalk = true
	beside.Exports = append(beside.Exports, merge.Exports[0])
	beside.Exports[1].Increment, beside.Exports[1].File = &whole, "two/inbox_conversations.parquet"
	unknown.Survey.Tables[0].Unknown = append([]string{noName, `users[]."a/b"`}, unknown.Survey.Tables[0].Unknown...)

	for name, plan := range map[string]engine.Plan{
		"merge-beside-snapshot": beside, "tables": tablesPlan(), "team-table": team, "team-table-unchanged": same,
		"encoded": encoded, "merge": merge, "merge-full": due, "append": add, "append-first": added, "append-missing": missing,
		"guarded": guarded, "create": somePlan(), "columns": columns, "replace": replace, "unchanged": unchanged, "unknown": unknown, "impossible": impossible, "narrowed": narrowed,
	} {
		golden(t, "plan/"+name, render(planText(plan), false))
	}
}

func TestKeptText(t *testing.T) {
	kept := exporter.Kept{Pages: 1234, From: day(1), Until: day(2), Age: 4000, OldestAge: 8000, Expires: day(25)}
	one := keptPages{exporter.Kept{Pages: 1, Expires: day(25)}, "/data/work"}
	expired := kept
	expired.Expired = "its first page is 960h old, and journal_max_age allows 24h"
	golden(t, "plan/kept", render(planKeptText(kept)+"\n"+planKeptText(expired)+"\n"+keptText(keptPages{kept, usualWorkDir})+"\n"+keptText(one)+"\n", false))
}

func TestSummaryText(t *testing.T) {
	simulated := someSummary()
	simulated.Simulated = true
	simulated.Exports = append(simulated.Exports, engine.Result{File: "it's/inbox_conversations.parquet", Bytes: 1},
		engine.Result{File: "it's/inbox_conversations.arrow", Bytes: 1})

	allowed := someSummary()
	allowed.Proof = incompleteProof()
	refused := allowed
	refused.Exports = nil

	partial := someSummary()
	partial.Wanted = 2
	skipping := someSummary()
	skipping.Proof.Skipped = []exporter.SkippedPartition{{Partition: "usr_gone", Reason: "User not in team"}}

	merged := someSummary()
	merged.Exports[0].Manifest.Mode = exporter.ModeMerge
	merged.Exports[0].Manifest.Changes = &exporter.Changes{Added: 3, Updated: 20, Refreshed: 77, Kept: 11900, Removed: 1}
	merged.Exports[0].Manifest.FullProof = &exporter.FullProof{RunID: "run-0", FinishedAt: day(0)}
	appended := someSummary()
	appended.Exports[0].File = "out/inbox_conversations/run-1.parquet"
	appended.Exports[0].Manifest.Mode = exporter.ModeAppend
	appended.Exports[0].Manifest.FullProof = &exporter.FullProof{RunID: appended.RunID, FinishedAt: day(2)}
	nothingNew := someSummary()
	nothingNew.Exports, nothingNew.Wanted, nothingNew.NothingNew = nil, 1, []string{"out/inbox_conversations"}

	oneFailed := tablesSummary()
	oneFailed.Exports = oneFailed.Exports[:2]
	oneFailed.Tables[2].Proof, oneFailed.Tables[2].Error = exporter.Proof{}, "inbox_labels: the API refuses it"
	oneFailed.Proof.Complete, oneFailed.Proof.Method, oneFailed.Proof.Reasons = false, "", []string{"inbox_labels: the API refuses it"}
	oneDoubtful := tablesSummary()
	oneDoubtful.Tables[1].Proof.Complete = false
	oneDoubtful.Proof.Complete, oneDoubtful.Proof.Method, oneDoubtful.Proof.Reasons = false, "", []string{"team_users: the response was cut off"}

	oneSkipped := tablesSummary()
	oneSkipped.Proof.Skipped, oneSkipped.Tables[0].Proof.Skipped = skipping.Proof.Skipped, skipping.Proof.Skipped

	for name, summary := range map[string]engine.Summary{
		"tables-one-user-skipped": oneSkipped, "tables": tablesSummary(), "tables-one-failed": oneFailed, "tables-one-doubtful": oneDoubtful,
		"merged": merged, "appended": appended, "nothing-new": nothingNew,
		"complete": someSummary(), "simulated": simulated, "incomplete": allowed, "nothing": refused, "partial": partial, "skipping": skipping,
	} {
		golden(t, "summary/"+name, render(summaryText(summary), false))
	}
}

func TestVerificationText(t *testing.T) {
	incomplete := someVerification()
	incomplete.Manifest.Proof = incompleteProof()
	incomplete.Manifest.Simulated = true
	damaged := someVerification()
	damaged.Checks[2] = engine.Check{Name: "rows", Detail: "11999 read, 12000 in the manifest, 12000 in the footer"}
	damaged.Checks = append(damaged.Checks, engine.Check{Name: "content hash", Detail: hostile})

	skipping := someVerification()
	skipping.Manifest.Proof.Skipped = []exporter.SkippedPartition{{Partition: "usr_gone", Reason: "User not in team"}}

	increment := someVerification()
	increment.Manifest.FullProof = &exporter.FullProof{RunID: "run-0", FinishedAt: day(0)}
	golden(t, "verify/total", render(verifiedText(verifiedTotal{Files: 7, Rows: 5123, Complete: true})+
		verifiedText(verifiedTotal{Files: 7, Rows: 5123})+verifiedText(verifiedTotal{Files: 7, Rows: 5123, Damaged: 1}), false))

	wholeTeam := someVerification()
	wholeTeam.Manifest.Table, wholeTeam.Manifest.Rows, wholeTeam.Manifest.Proof = "team_users", 3, teamProof(3)
	wholeTeam.File, wholeTeam.Checks = "out/team_users.parquet", wholeTeam.Checks[:1]
	for name, found := range map[string]engine.Verification{"whole-team": wholeTeam, "increment": increment, "intact": someVerification(), "incomplete": incomplete, "damaged": damaged, "skipping": skipping} {
		golden(t, "verify/"+name, render(verificationText(found), false))
	}
}

func TestHeartbeatsWithoutATerminal(t *testing.T) {
	c := newConsole("")
	progress, every := newHumanView(c.App, settings{}).progress()
	if every != 10*time.Second {
		t.Errorf("a heartbeat every %v", every)
	}
	replay(progress)
	golden(t, "progress/heartbeat", c.err.String())
}

func TestBarOnATerminal(t *testing.T) {
	c := newConsole("")
	c.width = 78
	progress, every := newHumanView(c.App, settings{}).progress()
	if every != 100*time.Millisecond {
		t.Errorf("a frame every %v", every)
	}
	replay(progress)
	// One frame a line, escape sequences made visible.
	frames := strings.NewReplacer("\r\x1b[K", "\n<erase>", "\x1b", `\e`).Replace(c.err.String())
	golden(t, "progress/bar", frames+"\n")
	if !strings.HasSuffix(c.err.String(), "\r\x1b[K") {
		t.Error("the bar stays on the screen")
	}
}

func TestNoBarBesideALogOrOnADumbTerminal(t *testing.T) {
	for name, change := range map[string]func(*console, *settings){
		"log":  func(_ *console, s *settings) { s.logLevel = "debug" },
		"dumb": func(c *console, _ *settings) { c.env["TERM"] = "dumb" },
	} {
		c := newConsole("")
		c.width = 80
		var global settings
		change(c, &global)
		progress, _ := newHumanView(c.App, global).progress()
		if _, ok := progress.(*heartbeatView); !ok {
			t.Errorf("%s: progress is a %T", name, progress)
		}
	}
}

// replay plays the events with a tick after each.
func replay(progress progressView) {
	for _, one := range stepwise() {
		progress.event(one.at, one.event)
		progress.tick(one.at)
	}
	progress.end()
}

func TestColoursNeedATerminalAndNobodyAgainstThem(t *testing.T) {
	for _, test := range []struct {
		name  string
		width int
		env   map[string]string
		flags settings
		want  bool
	}{
		{"a terminal", 80, nil, settings{}, true},
		{"a file", 0, nil, settings{}, false},
		{"NO_COLOR", 80, map[string]string{"NO_COLOR": "1"}, settings{}, false},
		{"an empty NO_COLOR is none", 80, map[string]string{"NO_COLOR": ""}, settings{}, true},
		{"-no-color", 80, nil, settings{noColor: true}, false},
		{"a dumb terminal", 80, map[string]string{"TERM": "dumb"}, settings{}, false},
	} {
		c := newConsole("")
		c.width, c.env = test.width, test.env
		newHumanView(c.App, test.flags).plan(somePlan())
		if got := strings.Contains(c.out.String(), "\x1b["); got != test.want {
			t.Errorf("%s: colours %t, want %t", test.name, got, test.want)
		}
	}
}

func TestJSONStream(t *testing.T) {
	c := newConsole("")
	show := newJSONView(c.App)
	progress, every := show.progress()
	if every != time.Second {
		t.Errorf("progress every %v", every)
	}
	replay(progress)
	show.diagnostics(someDiagnostics())
	show.plan(somePlan())
	show.summary(someSummary())
	show.plan(tablesPlan())
	show.summary(tablesSummary())
	show.verification(someVerification())
	show.verified(verifiedTotal{Files: 2, Rows: 24000, Complete: true})
	show.formatted("main.hcl", "")
	show.stopping()
	show.interrupted(&interruptedError{consequence: "the destination is as it was"})
	golden(t, "json/stream", c.out.String())
	if c.err.Len() > 0 {
		t.Errorf("on stderr: %s", &c.err)
	}
}
