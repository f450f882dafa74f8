package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func shownText(found engine.Shown) string {
	manifest := found.Manifest
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", bold(inline(found.Location)))
	if manifest.Simulated {
		fmt.Fprintf(&out, "%s\n", yellow(bold(simulatedNotice)))
	}
	rows := [][]string{
		{"table", manifest.Table + ", schema version " + strconv.Itoa(manifest.SchemaVersion)},
		{"team", manifest.Source.TeamID},
		{"run", manifest.RunID + ", " + manifest.Mode + ", by " + manifest.Tool.Name + " " + manifest.Tool.Version},
		{"age", ageText(found)},
		{"rows", count(manifest.Rows)},
		{"complete", completeText(manifest.Proof)},
	}
	if full := found.FullProof; full != nil && full.RunID != manifest.RunID {
		rows = append(rows, []string{"full proof", stamp(full.FinishedAt) + " (run " + full.RunID + ")"})
	} else if full != nil {
		rows = append(rows, []string{"full proof", "this run"})
	}
	out.WriteString(table(rows) + columnsText(manifest.Columns))
	if !manifest.Proof.Complete {
		out.WriteString("Not proven complete, because\n" + bullets(manifest.Proof.Reasons))
	}
	out.WriteString(skippedText(manifest.Proof.Skipped))
	if len(manifest.Watermarks) > 0 {
		out.WriteString("\n" + watermarksTable(manifest))
	}
	out.WriteString("\n" + filesTable(found.Files))
	return out.String()
}

// ageText says when the newest file was read, and how long ago that is.
func ageText(found engine.Shown) string {
	at := stamp(found.Manifest.Window.FinishedAt)
	if found.Age < 0 {
		return at + ", in the future by this machine's clock"
	}
	return at + ", " + span(time.Duration(found.Age*float64(time.Second)).Truncate(time.Second)) + " ago"
}

func watermarksTable(manifest exporter.Manifest) string {
	rows := [][]string{{"user", "proven up to"}}
	users, more := first(slices.Sorted(maps.Keys(manifest.Watermarks)))
	for _, user := range users {
		rows = append(rows, []string{user, stamp(manifest.Watermarks[user])})
	}
	return table(rows) + more
}

func filesTable(files []exporter.StoredFile) string {
	rows := [][]string{{"file", "run", "read", "rows", "bytes", "complete"}}
	shown, more := first(files)
	for _, file := range shown {
		complete := "yes"
		if !file.Complete {
			complete = "no"
		}
		rows = append(rows, []string{file.File, file.RunID, stamp(file.FinishedAt), count(file.Rows), count(file.Bytes), complete})
	}
	return table(rows, 3, 4) + more
}

func pruneText(plan engine.PrunePlan) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", bold(inline(plan.Location)))
	if plan.Reason != "" {
		fmt.Fprintf(&out, "  %s\n", inline(plan.Reason))
	}
	if len(plan.Keep) > 0 {
		out.WriteString("\n" + green("keep") + "\n" + filesTable(plan.Keep))
	}
	if len(plan.Remove) == 0 {
		out.WriteString("\nThere is nothing to remove.\n")
		return out.String()
	}
	bytes := int64(0)
	for _, file := range plan.Remove {
		bytes = exporter.Sum(bytes, file.Bytes)
	}
	fmt.Fprintf(&out, "\n%s %s, %s\n%s", red("remove"), many(int64(len(plan.Remove)), "file"), many(bytes, "byte"), filesTable(plan.Remove))
	return out.String()
}
