package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/schema"
)

func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("name%04d", i))
	}
	return list
}

func TestListsShowTheFirstItemsAndHowManyThereAreMore(t *testing.T) {
	for items, want := range map[int]string{0: "", 1: "name0000", 20: "name0019", 21: "name0019 and 1 more", 1020: "name0019 and 1,000 more"} {
		if got := listed(names(items)); !strings.HasSuffix(got, want) {
			t.Errorf("%d items: %s", items, got)
		}
	}
	if got := listed(append(names(1000), schema.MoreNames)); !strings.HasSuffix(got, "name0019 and at least 980 more") {
		t.Error(got)
	}
	if got := listed([]string{strings.Repeat("é", 300)}); got != strings.Repeat("é", 200)+"…" {
		t.Error(got)
	}
}

// A server or a file decides how long each of these lists is.
func TestNoOutputGrowsWithAListFromOutside(t *testing.T) {
	const many = 5000
	plan := somePlan()
	proof := someProof()
	proof.Complete = false
	proof.Reasons = names(many)
	plan.Survey.Tables[0].Unknown = names(many)
	export := &plan.Exports[0]
	export.DroppedUsers, export.OtherEnds, export.SchemaChanges = names(many), names(many), names(many)
	export.Columns = &exporter.ManifestColumns{Excluded: names(many), Hashed: names(many)}
	export.Increment = &engine.IncrementPlan{}
	for _, id := range names(many) {
		plan.Survey.Tables[0].Partitions = append(plan.Survey.Tables[0].Partitions, exporter.PartitionSurvey{Partition: id})
		plan.Survey.Tables[0].Skipped = append(plan.Survey.Tables[0].Skipped, exporter.SkippedPartition{Partition: id})
		proof.Partitions = append(proof.Partitions, exporter.PartitionProof{Partition: id})
	}
	proof.Skipped = plan.Survey.OfUsers().Skipped
	summary, found := someSummary(), someVerification()
	summary.Proof, found.Manifest.Proof, found.Manifest.Columns = proof, proof, export.Columns
	for name, text := range map[string]string{"plan": planText(plan), "summary": summaryText(summary), "verification": verificationText(found)} {
		if lines := strings.Count(text, "\n"); lines > 200 || len(text) > 20_000 {
			t.Errorf("%s has %d lines, %d bytes", name, lines, len(text))
		}
		if !strings.Contains(text, "… and 4,980 more") && !strings.Contains(text, "… and 4,982 more") {
			t.Errorf("%s does not say how many more there are: %s", name, text)
		}
	}
	shown := onColours(func(v *humanView) {
		progress := &heartbeatView{term: v.err}
		for _, id := range names(many) {
			progress.event(day(1), exporter.UnknownField{Field: id})
			progress.event(day(1), exporter.PartitionSkipped{SkippedPartition: exporter.SkippedPartition{Partition: id}})
		}
		progress.end()
	})
	if strings.Count(shown, "\n") != 2*mostListed+2 || !strings.HasSuffix(shown, "4,980 more unknown fields.\n4,980 more users skipped.\n") {
		t.Errorf("%d lines: %s", strings.Count(shown, "\n"), shown)
	}
}
