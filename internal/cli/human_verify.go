package cli

import (
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func verificationText(found engine.Verification) string {
	manifest := found.Manifest
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", bold(inline(found.File)))
	if manifest.Simulated {
		fmt.Fprintf(&out, "%s\n", yellow(bold(simulatedNotice)))
	}
	fmt.Fprintf(&out, "%s, %s, run %s of %s, team %s, by %s %s\n\n", many(manifest.Rows, "row"), many(found.Bytes, "byte"),
		inline(manifest.RunID), stamp(manifest.Window.FinishedAt), inline(manifest.Source.TeamID), inline(manifest.Tool.Name), inline(manifest.Tool.Version))

	if text := columnsText(manifest.Columns); text != "" {
		out.WriteString(text + "\n")
	}
	failed := 0
	var checks [][]string
	for _, check := range found.Checks {
		result := green("ok")
		if !check.OK {
			result = red(bold("FAILED"))
			failed++
		}
		checks = append(checks, []string{result, check.Name, check.Detail})
	}
	out.WriteString(table(checks) + "\n")
	if len(manifest.Proof.Partitions) > 0 {
		out.WriteString(proofTable(manifest.Proof) + skippedText(manifest.Proof.Skipped) + "\n")
	}
	out.WriteString(verdictText(found, failed) + "\n")
	return out.String()
}

func proofTable(proof exporter.Proof) string {
	list := "user"
	if wholeTeam(proof) {
		list = "list"
	}
	rows := [][]string{{list, "pages", "requests", "rows read", "duplicates", termSuperseded, "total before", "after", "complete"}}
	users, more := first(proof.Partitions)
	for _, user := range users {
		complete := "yes"
		if !user.Complete {
			complete = "no"
		}
		rows = append(rows, []string{
			partitionText(user.Partition), count(user.Pages), count(user.Requests), count(user.RowsRead), count(user.Duplicates), count(user.Superseded),
			orUnknown(user.TotalStart), orUnknown(user.TotalEnd), complete,
		})
	}
	return table(rows, 1, 2, 3, 4, 5, 6, 7) + more
}

// partitionText names a list: a user's id, or the whole team.
func partitionText(name string) string {
	if name == "" {
		return "whole team"
	}
	return name
}

func verdictText(found engine.Verification, failed int) string {
	switch proof := found.Manifest.Proof; {
	case failed > 0:
		return red(bold("Damaged:")) + fmt.Sprintf(" %d of %d checks failed.", failed, len(found.Checks))
	case !proof.Complete:
		return yellow(bold("Intact, but not proven complete,")) + " because\n" + strings.TrimSuffix(bullets(proof.Reasons), "\n")
	case len(proof.Skipped) > 0:
		return yellow(bold("Intact, and proven complete for the users whose inbox the API returns,")) +
			fmt.Sprintf(" by %s; %s skipped.", inline(proof.Method), many(int64(len(proof.Skipped)), "user")) + allowance(proof) + ground(found.Manifest)
	default:
		return green(bold("Intact, and proven complete")) + " by " + inline(proof.Method) + "." + allowance(proof) + ground(found.Manifest)
	}
}

// allowance says by how much times and servers may have differed.
func allowance(proof exporter.Proof) string {
	lookback, settle, ok := proof.Allowance()
	if !ok {
		return ""
	}
	return fmt.Sprintf("\nThis holds if activity times are at most %s too old and servers lag by at most %s.",
		span(lookback), span(settle))
}

// ground says which full proof an increment builds on.
func ground(manifest exporter.Manifest) string {
	full := manifest.FullProof
	if full == nil || full.RunID == manifest.RunID {
		return ""
	}
	return fmt.Sprintf("\nIt builds on the full proof of %s (run %s): conversations deleted since then, and\nchanges without an activity, are only seen at the next full proof.",
		stamp(full.FinishedAt), inline(full.RunID))
}

// verifiedText sums several files up, and explains the terms of all of them.
func verifiedText(total verifiedTotal) string {
	return sumText(total) + "\n" + legend(append([]string{termSuperseded}, total.terms...)...)
}

func sumText(total verifiedTotal) string {
	if total.Files < 2 {
		return ""
	}
	text := fmt.Sprintf("\n%s, %s", many(int64(total.Files), "file"), many(total.Rows, "row"))
	if total.Damaged > 0 {
		return text + ": " + red(bold(many(int64(total.Damaged), "file")+" damaged.")) + "\n"
	}
	if !total.Complete {
		return text + ": " + yellow(bold("intact, but not proven complete.")) + "\n"
	}
	return text + ": " + green(bold("intact, and proven complete.")) + "\n"
}
