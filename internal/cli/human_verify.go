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
	rows := [][]string{{"user", "pages", "requests", "rows read", "duplicates", "superseded", "total before", "after", "complete"}}
	users, more := first(proof.Partitions)
	for _, user := range users {
		complete := "yes"
		if !user.Complete {
			complete = "no"
		}
		rows = append(rows, []string{
			user.Partition, count(user.Pages), count(user.Requests), count(user.RowsRead), count(user.Duplicates), count(user.Superseded),
			orUnknown(user.TotalStart), orUnknown(user.TotalEnd), complete,
		})
	}
	return table(rows, 1, 2, 3, 4, 5, 6, 7) + more
}

func verdictText(found engine.Verification, failed int) string {
	switch proof := found.Manifest.Proof; {
	case failed > 0:
		return red(bold("Damaged:")) + fmt.Sprintf(" %d of %d checks failed.", failed, len(found.Checks))
	case !proof.Complete:
		return yellow(bold("Intact, but not proven complete,")) + " because\n" + strings.TrimSuffix(bullets(proof.Reasons), "\n")
	case len(proof.Skipped) > 0:
		return yellow(bold("Intact, and proven complete for the users whose inbox the API gives,")) +
			fmt.Sprintf(" by %s; %s skipped.", inline(proof.Method), many(int64(len(proof.Skipped)), "user")) + allowance(proof) + ground(found.Manifest)
	default:
		return green(bold("Intact, and proven complete")) + " by " + inline(proof.Method) + "." + allowance(proof) + ground(found.Manifest)
	}
}

// allowance says how far the servers' clocks and answers may have been off.
func allowance(proof exporter.Proof) string {
	lookback, settle, ok := proof.Allowance()
	if !ok {
		return ""
	}
	return fmt.Sprintf("\nThat holds where times are at most %s older than the activity and servers answer at\nmost %s apart.",
		span(lookback), span(settle))
}

// ground says what an increment rests on.
func ground(manifest exporter.Manifest) string {
	full := manifest.FullProof
	if full == nil || full.RunID == manifest.RunID {
		return ""
	}
	return fmt.Sprintf("\nIt goes on from the full proof of %s (run %s): conversations deleted since, and\nchanges without an activity, show at the next one.",
		stamp(full.FinishedAt), inline(full.RunID))
}

func verifiedText(total verifiedTotal) string {
	text := fmt.Sprintf("\n%s, %s", many(int64(total.Files), "file"), many(total.Rows, "row"))
	if total.Damaged > 0 {
		return text + ": " + red(bold(many(int64(total.Damaged), "file")+" damaged.")) + "\n"
	}
	if !total.Complete {
		return text + ": " + yellow(bold("intact, but not proven complete.")) + "\n"
	}
	return text + ": " + green(bold("intact, and proven complete.")) + "\n"
}
