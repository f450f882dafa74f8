package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func planText(plan engine.Plan) string {
	survey, lists := plan.Survey, plan.Survey.OfUsers()
	var out strings.Builder
	fmt.Fprintf(&out, "%s at %s\n\n", bold("Team "+inline(survey.TeamID)), inline(survey.Endpoint))
	if survey.Simulated {
		fmt.Fprintf(&out, "%s\n\n", yellow(bold(simulatedNotice)))
	}
	out.WriteString(usersTable(lists) + "\n")
	fmt.Fprintf(&out, "%s, %s.\n", many(int64(len(lists.Partitions)), "user"), conversationsText(plan))
	out.WriteString(requestsText(plan) + "\n")
	if kept := plan.Kept(); kept != nil {
		out.WriteString(planKeptText(*kept) + "\n")
	}
	for _, export := range plan.Exports {
		out.WriteString("\n" + exportText(export, lists))
	}
	if len(lists.Unknown) > 0 {
		out.WriteString(unknownText(plan))
	}
	out.WriteString("\n" + bold("Known only after apply:") + "\n" + knownLater(plan))
	return out.String()
}

func usersTable(lists exporter.TableSurvey) string {
	rows := [][]string{{"user", "conversations", "pages", "newest activity"}}
	users, more := first(lists.Partitions)
	for _, user := range users {
		newest := "none"
		if user.Newest != nil {
			newest = stamp(*user.Newest)
		}
		rows = append(rows, []string{user.Partition, orUnknown(user.TotalItems), orUnknown(user.Pages), newest})
	}
	return table(rows, 1, 2) + more + skippedText(lists.Skipped)
}

func skippedText(users []exporter.SkippedPartition) string {
	var out strings.Builder
	shown, more := first(users)
	for _, user := range shown {
		fmt.Fprintf(&out, "  %s %s: %s\n", yellow("skipped"), inline(user.Partition), inline(user.Reason))
	}
	return out.String() + more
}

func orUnknown(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return count(*n)
}

func conversationsText(plan engine.Plan) string {
	switch {
	case plan.Conversations == nil && stated(plan.Survey.OfUsers()):
		return "an unknown number of conversations: the API states a total that cannot be"
	case plan.Conversations == nil:
		return "an unknown number of conversations: the API does not state every total"
	case len(plan.Survey.OfUsers().Partitions) < 2:
		return many(*plan.Conversations, "conversation")
	}
	return "at most " + many(*plan.Conversations, "conversation") + " (users share some; each becomes one row)"
}

// stated reports whether the API states a total for every user.
func stated(lists exporter.TableSurvey) bool {
	return !slices.ContainsFunc(lists.Partitions, func(user exporter.PartitionSurvey) bool { return user.TotalItems == nil })
}

func requestsText(plan engine.Plan) string {
	if plan.Requests == nil || plan.LeastTime == nil {
		if plan.Conversations != nil {
			return fmt.Sprintf("The number of requests is unknown: the number of new pages is known only while reading. The rate limit allows %d in %s.",
				plan.Survey.Rate.Requests, span(plan.Survey.Rate.Window))
		}
		return fmt.Sprintf("The number of requests is unknown. The rate limit allows %d in %s.", plan.Survey.Rate.Requests, span(plan.Survey.Rate.Window))
	}
	least := time.Duration(*plan.LeastTime * float64(time.Second))
	if least == 0 {
		return fmt.Sprintf("%s if nothing moves, too few for the rate limit (%d in %s) to matter. This plan took %s.",
			many(*plan.Requests, "request"), plan.Survey.Rate.Requests, span(plan.Survey.Rate.Window), count(plan.Survey.Requests))
	}
	return fmt.Sprintf("%s if nothing moves; at the rate limit (%d in %s) they take %s or more. This plan took %s.",
		many(*plan.Requests, "request"), plan.Survey.Rate.Requests, span(plan.Survey.Rate.Window), span(least), count(plan.Survey.Requests))
}

// planKeptText says what an apply takes over. The requests above are those of a
// walk that takes over nothing.
func planKeptText(kept exporter.Kept) string {
	if kept.Expired != "" {
		return fmt.Sprintf("An apply that was cut short has kept %s, which the next apply does not use: %s.", many(kept.Pages, "page"), inline(kept.Expired))
	}
	age := time.Duration(kept.Age * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("An apply that was cut short has kept %s, the newest %s old: the next apply goes on from there,\n"+
		"until %s. -no-resume starts over.", many(kept.Pages, "page"), span(age), stamp(kept.Expires))
}

// keptText is the same after an apply that failed.
func keptText(left leftover) string {
	where := ""
	if left.WorkDir != usualWorkDir {
		where = " with -work-dir=" + inline(left.WorkDir)
	}
	verb := "are"
	if left.Pages == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s %s kept: the next apply of the same configuration%s goes on from there, until %s.", many(left.Pages, "page"), verb, where, stamp(left.Expires))
}

func exportText(export engine.ExportPlan, lists exporter.TableSurvey) string {
	var out strings.Builder
	sign, verb := green("+"), "create"
	switch export.Action {
	case engine.ActionReplace:
		sign, verb = yellow("~"), "replace"
	case engine.ActionMerge:
		sign, verb = yellow("~"), "merge into"
	case engine.ActionAppend:
		verb = "add"
	case engine.ActionCreate:
	}
	fmt.Fprintf(&out, "%s %s %s\n", sign, bold(verb), inline(export.File))
	fmt.Fprintf(&out, "    with %s as %s, %s\n", export.Table, export.Format, export.Mode)
	if export.FileMode != "" {
		fmt.Fprintf(&out, "    with the permission %s\n", inline(export.FileMode))
	}
	if export.Encoding != "" {
		fmt.Fprintf(&out, "    in the encoding %s\n", inline(export.Encoding))
	}
	if export.Extra != "" {
		fmt.Fprintf(&out, "    with the column extra as %s\n", inline(export.Extra))
	}
	out.WriteString(columnsText(export.Columns))
	if current := export.Current; current != nil {
		where := "there now: "
		if export.CurrentFile != "" {
			where = "newest file: " + inline(export.CurrentFile) + ", "
		}
		fmt.Fprintf(&out, "    %s%s\n", where, currentText(*current))
	}
	if len(export.OtherEnds) > 0 {
		fmt.Fprintf(&out, "    Two runs added files at the same time. This run goes on from the newest file; its new rows\n"+
			"    may also be in %s.\n", inline(listed(export.OtherEnds)))
	}
	if export.Increment != nil {
		out.WriteString(incrementText(export, lists))
	}
	out.WriteString(shrinkText(export))
	changes, more := first(export.SchemaChanges)
	for _, change := range changes {
		fmt.Fprintf(&out, "    %s\n", inline(change))
	}
	out.WriteString(more)
	if dropped := export.DroppedUsers; len(dropped) > 0 {
		fate := "will be removed"
		if increment := export.Increment; increment != nil && increment.Full == "" {
			fate = "stay until the next full proof"
		} else if increment != nil {
			fate = "will be removed if the walk is proven complete"
		}
		fmt.Fprintf(&out, "    The file also covers %s that this run does not read (%s): conversations that only these users could see %s.\n",
			many(int64(len(dropped)), "user"), inline(listed(dropped)), fate)
	}
	switch {
	case export.Unchanged && export.Increment != nil:
		out.WriteString("    No new activity since then. Deletions, and changes without an activity, such as a\n" +
			"    conversation marked as read, show at the next full proof only.\n")
	case export.Unchanged:
		out.WriteString("    No new activity since then. Changes without an activity, such as a conversation\n" +
			"    marked as read, do not show here; apply reads everything anew.\n")
	}
	return out.String()
}

// shrinkText says when the file stays as it is. A run that reads only what is newer
// removes nothing.
func shrinkText(export engine.ExportPlan) string {
	guard := export.Shrink
	if guard == nil || export.Increment != nil && export.Increment.Full == "" {
		return ""
	}
	return fmt.Sprintf("    stays as it is if the walk shows fewer than %s (max_shrink = %g)\n", many(guard.LeastRows, "conversation"), guard.Max)
}

// columnsText says what is left out and hashed.
func columnsText(columns *exporter.ManifestColumns) string {
	var out strings.Builder
	if columns != nil && len(columns.Excluded) > 0 {
		fmt.Fprintf(&out, "    without %s\n", inline(listed(columns.Excluded)))
	}
	if columns != nil && len(columns.Hashed) > 0 {
		fmt.Fprintf(&out, "    hashed: %s\n", inline(listed(columns.Hashed)))
	}
	if columns != nil && len(columns.Personal) > 0 {
		fmt.Fprintf(&out, "    still identify people: %s\n", inline(strings.Join(columns.Personal, ", ")))
	}
	return out.String()
}

// incrementText says what a merge or an append reads.
func incrementText(export engine.ExportPlan, lists exporter.TableSurvey) string {
	var out strings.Builder
	plan := export.Increment
	if plan.Full != "" {
		fmt.Fprintf(&out, "    reads every inbox in full: %s\n", inline(plan.Full))
		if plan.OnlyMissing {
			out.WriteString("    adds what no earlier file has\n")
		}
	} else {
		out.WriteString("    reads what is newer:\n")
		var rows [][]string
		users, more := first(lists.Partitions)
		for _, user := range users {
			from := "in full"
			if mark, ok := plan.Since[user.Partition]; ok {
				from = "since " + stamp(mark.Newest)
				if lookback := mark.Newest.Sub(mark.Floor); lookback > 0 && !mark.Floor.IsZero() {
					from += ", looking back " + exporter.Span(lookback)
				}
			}
			rows = append(rows, []string{"   ", user.Partition, from})
		}
		out.WriteString(table(rows) + more)
	}
	switch {
	case plan.FullProof == nil:
		out.WriteString("    no full proof yet\n")
	case plan.FullDue == nil || plan.Full != "":
		fmt.Fprintf(&out, "    last full proof: %s\n", stamp(plan.FullProof.FinishedAt))
	default:
		fmt.Fprintf(&out, "    last full proof: %s, the next is due %s\n", stamp(plan.FullProof.FinishedAt), stamp(*plan.FullDue))
	}
	if export.Action == engine.ActionAppend && (plan.Full == "" || plan.OnlyMissing) {
		out.WriteString("    there will be no file if nothing is new\n")
	}
	return out.String()
}

// unknownText names the keys that the table does not model, and where they go.
func unknownText(plan engine.Plan) string {
	where := "kept in the column extra"
	if len(plan.Exports) == 0 {
		return ""
	}
	if columns := plan.Exports[0].Columns; columns != nil && slices.Contains(columns.Excluded, "extra") {
		where = "left out with the column extra"
	}
	return fmt.Sprintf("\nUnknown to the table, %s: %s.\n", where, inline(listed(plan.Survey.OfUsers().Unknown)))
}

func currentText(current exporter.Manifest) string {
	text := fmt.Sprintf("%s of %s (run %s)", many(current.Rows, "row"), stamp(current.Window.FinishedAt), inline(current.RunID))
	if !current.Proof.Complete {
		text += ", not proven complete"
	}
	if current.Simulated {
		text += ", simulated"
	}
	return text
}

func knownLater(plan engine.Plan) string {
	lines := []string{"whether the walk proves itself complete"}
	incremental := func(export engine.ExportPlan) bool { return export.Increment != nil }
	if plan.Conversations == nil || len(plan.Survey.OfUsers().Partitions) > 1 || slices.ContainsFunc(plan.Exports, incremental) {
		lines = append(lines, "the number of rows")
	}
	lines = append(lines,
		"the requests that rows moving during the walk cost",
		"fields that are on no first page")
	return bullets(lines)
}
