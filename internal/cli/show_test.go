package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// someVersions are three versions of the export of somePlan, the newest first.
func someVersions() []exporter.StoredFile {
	return []exporter.StoredFile{
		{File: "out/inbox_conversations/run-3.parquet", RunID: "run-3", FinishedAt: day(3), Rows: 12000, Bytes: 1234567, Complete: true},
		{File: "out/inbox_conversations/run-2.parquet", RunID: "run-2", FinishedAt: day(2), Rows: 11990, Bytes: 1234000, Complete: true},
		{File: "out/inbox_conversations/" + hostile + ".parquet", RunID: "run-1", FinishedAt: day(1), Rows: 11000, Bytes: 1200000},
	}
}

func TestPlanAndSummaryOfVersions(t *testing.T) {
	plan := somePlan()
	one := &plan.Exports[0]
	one.Layout, one.Action, one.Pointer = exporter.LayoutVersioned, engine.ActionReplace, "out/inbox_conversations.json"
	one.File, one.CurrentFile, one.Current = "out/inbox_conversations/run-4.parquet", "out/inbox_conversations/run-3.parquet", new(someManifest())
	one.Removes = []string{"out/inbox_conversations/run-1.parquet", "out/inbox_conversations.parquet"}
	golden(t, "plan/versioned", render(planText(plan), false))

	summary := someSummary()
	summary.Exports[0].File, summary.Exports[0].Pointer = one.File, one.Pointer
	summary.Exports[0].Removed, summary.Exports[0].NotRemoved = one.Removes, "remove out/inbox_conversations/run-0.parquet: permission denied"
	golden(t, "summary/versioned", render(summaryText(summary), false))
}

func TestShownText(t *testing.T) {
	found := engine.Shown{Location: "out/inbox_conversations.json", Kind: engine.KindVersioned, Manifest: someManifest(), Age: 7385.6, Files: someVersions()}
	found.FullProof = &exporter.FullProof{RunID: found.Manifest.RunID, FinishedAt: day(3)}
	golden(t, "show/complete", render(shownText(found), false))
	found.Manifest.Proof, found.Manifest.Simulated, found.Age = incompleteProof(), true, -1
	found.FullProof = &exporter.FullProof{RunID: "run-0", FinishedAt: day(0)}
	golden(t, "show/incomplete", render(shownText(found), false))
}

func TestPruneText(t *testing.T) {
	plan := engine.PrunePlan{Location: "out/inbox_conversations", Keep: someVersions()[:1], Remove: someVersions()[1:]}
	golden(t, "prune/some", render(pruneText(plan), false))
	plan.Keep, plan.Remove, plan.Reason = someVersions(), nil, "The newest files continue earlier ones, back to a full proof, so 3 are needed."
	golden(t, "prune/nothing", render(pruneText(plan), false))
}

func TestAnOldAppendIsToldFromAnApplyThatDidNotRun(t *testing.T) {
	found := engine.Shown{Location: "out", Manifest: someManifest(), Age: 7200}
	for kind, want := range map[string]string{engine.KindFile: "did not run", engine.KindAppend: "nothing new adds no file"} {
		found.Kind = kind
		if problems := overdue(found, time.Hour); len(problems) != 1 || !strings.Contains(problems[0].Detail, want) {
			t.Errorf("%s: %+v", kind, problems)
		}
	}
	if problems := overdue(found, 3*time.Hour); len(problems) != 0 {
		t.Errorf("%+v", problems)
	}
}
