package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/schema"
)

func planText(plan engine.Plan) string {
	survey, lists := plan.Survey, plan.Survey.OfUsers()
	var out strings.Builder
	fmt.Fprintf(&out, "%s at %s\n\n", bold("Team "+inline(survey.TeamID)), inline(survey.Endpoint))
	if survey.Simulated {
		fmt.Fprintf(&out, "%s\n\n", yellow(bold(simulatedNotice)))
	}
	if lists.Table != "" {
		out.WriteString(usersTable(lists) + "\n")
		fmt.Fprintf(&out, "%s, %s.\n", many(int64(len(lists.Partitions)), "user"), conversationsText(plan))
	}
	out.WriteString(otherTablesText(plan))
	out.WriteString(requestsText(plan) + "\n")
	if kept := plan.Kept(); kept != nil {
		out.WriteString(planKeptText(*kept) + "\n")
	}
	for _, export := range plan.Exports {
		out.WriteString("\n" + exportText(export, survey.Of(export.Table)))
	}
	out.WriteString("\n" + bold("Known only after apply:") + "\n" + knownLater(plan))
	if slices.ContainsFunc(plan.Exports, func(export engine.ExportPlan) bool { return export.Increment != nil }) {
		out.WriteString("\n" + legend(termFullProof))
	}
	var unknown strings.Builder
	for _, table := range survey.Tables {
		unknown.WriteString(unknownText(plan, table))
	}
	if unknown.Len() > 0 {
		out.WriteString("\n" + unknown.String())
	}
	out.WriteString("\n" + bold("Plan:") + " " + newFates(plan).String() + ".\n")
	return out.String()
}

// otherTablesText says how many rows the tables have that are one list of the whole team.
func otherTablesText(plan engine.Plan) string {
	var out strings.Builder
	for _, survey := range plan.Survey.Tables {
		table, known := schema.Lookup(survey.Table)
		if !known || table.PartitionBy != schema.PartitionTeam {
			continue
		}
		rows := "unknown number of rows"
		if len(survey.Partitions) == 1 && survey.Partitions[0].TotalItems != nil {
			rows = many(*survey.Partitions[0].TotalItems, "row")
		}
		if survey.Error != "" {
			rows = red("cannot be read")
		}
		fmt.Fprintf(&out, "%s: %s.\n", inline(survey.Table), rows)
	}
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
		return "an unknown number of conversations: the API states an impossible total"
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
		return fmt.Sprintf("%s if nothing changes meanwhile, within the rate limit (%d in %s). This plan took %s.",
			many(*plan.Requests, "request"), plan.Survey.Rate.Requests, span(plan.Survey.Rate.Window), count(plan.Survey.Requests))
	}
	return fmt.Sprintf("%s if nothing changes meanwhile; at the rate limit (%d in %s) they take at least %s. This plan took %s.",
		many(*plan.Requests, "request"), plan.Survey.Rate.Requests, span(plan.Survey.Rate.Window), span(least), count(plan.Survey.Requests))
}

// planKeptText says which pages an apply reuses. The plan counts requests as if it
// reused none.
func planKeptText(kept exporter.Kept) string {
	if kept.Expired != "" {
		return fmt.Sprintf("An interrupted apply kept %s, but the next apply cannot use them: %s.", many(kept.Pages, "page"), inline(kept.Expired))
	}
	age := time.Duration(kept.Age * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("An interrupted apply kept %s, the newest %s old. The next apply continues from there "+
		"until %s; -no-resume starts over.", many(kept.Pages, "page"), span(age), stamp(kept.Expires))
}

// keptText is the same after an apply that failed.
func keptText(left keptPages) string {
	where := ""
	if left.WorkDir != usualWorkDir {
		where = " with -work-dir=" + inline(left.WorkDir)
	}
	verb := "are"
	if left.Pages == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s %s kept: the next apply of the same configuration%s continues from there, until %s.", many(left.Pages, "page"), verb, where, stamp(left.Expires))
}

func exportText(export engine.ExportPlan, lists exporter.TableSurvey) string {
	var out strings.Builder
	if lists.Error != "" {
		fmt.Fprintf(&out, "%s %s %s\n    %s cannot be read: %s\n", red("!"), bold("fail to write"), inline(export.File), inline(export.Table), advised(lists.Error, lists.Hint))
		return out.String()
	}
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
	if export.CurrentFile != "" && export.Action != engine.ActionAppend {
		verb = "write" // beside the current file
	}
	file := export.File
	if export.Unchanged {
		sign, verb, file = "=", "unchanged", cmp.Or(export.CurrentFile, file)
	}
	fmt.Fprintf(&out, "%s %s %s\n", sign, bold(verb), inline(file))
	fmt.Fprintf(&out, "    with %s as %s, %s\n", export.Table, export.Format, export.Mode)
	if export.Pointer != "" {
		fmt.Fprintf(&out, "    and point %s to it\n", inline(export.Pointer))
	}
	if export.FileMode != "" {
		fmt.Fprintf(&out, "    with the permission %s\n", inline(export.FileMode))
	}
	if export.Encoding != "" {
		fmt.Fprintf(&out, "    in the encoding %s\n", inline(export.Encoding))
	}
	if export.Extra != "" {
		fmt.Fprintf(&out, "    with the column %s as %s\n", extraColumn(export.Table), inline(export.Extra))
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
		fmt.Fprintf(&out, "    Two runs added files at the same time. This run continues from the newest file; its new rows "+
			"may also be in %s.\n", inline(listed(export.OtherEnds)))
	}
	if export.Increment != nil {
		out.WriteString(incrementText(export, lists))
	}
	out.WriteString(shrinkText(export))
	out.WriteString(removesText(export))
	changes, more := first(export.SchemaChanges)
	for _, change := range changes {
		fmt.Fprintf(&out, "    %s\n", inline(change))
	}
	out.WriteString(more)
	if dropped := export.DroppedUsers; len(dropped) > 0 {
		fate := "will be removed"
		if increment := export.Increment; increment != nil && !increment.ReadsAll() {
			fate = "stay until the next full proof"
		} else if increment != nil {
			fate = "will be removed if the export is proven complete"
		}
		fmt.Fprintf(&out, "    The file also covers %s that this run does not read (%s): conversations that only these users could see %s.\n",
			many(int64(len(dropped)), "user"), inline(listed(dropped)), fate)
	}
	if export.Unchanged {
		out.WriteString("    " + unchangedText(export) + "\n")
	}
	return out.String()
}

// unchangedText says what the plan has seen of an export that is up to date, and what not.
func unchangedText(export engine.ExportPlan) string {
	table, known := schema.Lookup(export.Table)
	switch {
	case known && !table.Incremental():
		return "The API gives the rows that the file has; apply writes it anew."
	case export.Increment != nil:
		return "No new activity since then. Deletions, and changes without an activity, such as a conversation marked as read, " +
			"are only seen at the next full proof."
	}
	return "No new activity since then. Changes without an activity, such as a conversation marked as read, are not visible here; " +
		"apply reads everything again and writes it anew."
}

// extraColumn is the name of a table's column for keys that have no column.
func extraColumn(name string) string {
	table, ok := schema.Lookup(name)
	if !ok {
		return ""
	}
	return table.NameOf(schema.RoleExtra)
}

// shrinkText says when the file is not replaced. A run that reads only what is newer
// removes nothing.
func shrinkText(export engine.ExportPlan) string {
	guard := export.Shrink
	if guard == nil || export.Increment != nil && !export.Increment.ReadsAll() {
		return ""
	}
	return fmt.Sprintf("    not replaced if the new export has fewer than %s (max_shrink = %g)\n", many(guard.LeastRows, "row"), guard.Max)
}

// removesText says which files go when the new one is in place.
func removesText(export engine.ExportPlan) string {
	var out strings.Builder
	shown, more := first(export.Removes)
	for _, file := range shown {
		fmt.Fprintf(&out, "    %s then removes %s\n", red("-"), inline(file))
	}
	return out.String() + more
}

// columnsText says what is left out and hashed.
func columnsText(columns *exporter.ManifestColumns) string {
	var out strings.Builder
	if columns != nil && len(columns.Excluded) > 0 {
		fmt.Fprintf(&out, "    leaves out: %s\n", inline(listed(columns.Excluded)))
	}
	if columns != nil && len(columns.Hashed) > 0 {
		fmt.Fprintf(&out, "    hashed: %s\n", inline(listed(columns.Hashed)))
	}
	if columns != nil && len(columns.Personal) > 0 {
		fmt.Fprintf(&out, "    still identifies people by: %s\n", inline(strings.Join(columns.Personal, ", ")))
	}
	return out.String()
}

// incrementText says what a merge or an append reads.
func incrementText(export engine.ExportPlan, lists exporter.TableSurvey) string {
	var out strings.Builder
	plan := export.Increment
	switch {
	case plan.FullWalk:
		out.WriteString("    reads every inbox in full: another export of the table needs everything, and a table is read once\n")
		if export.Action == engine.ActionAppend {
			out.WriteString("    adds only what is newer than the newest file\n")
		}
	case plan.Full != "":
		fmt.Fprintf(&out, "    reads every inbox in full: %s\n", inline(plan.Full))
		if plan.OnlyMissing {
			out.WriteString("    adds only rows that no earlier file has\n")
		}
	default:
		out.WriteString("    reads only what is newer:\n")
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
	case plan.FullDue == nil || plan.Full != "" || plan.FullWalk && export.Action == engine.ActionMerge:
		fmt.Fprintf(&out, "    last full proof: %s\n", stamp(plan.FullProof.FinishedAt))
	default:
		fmt.Fprintf(&out, "    last full proof: %s, next one due %s\n", stamp(plan.FullProof.FinishedAt), stamp(*plan.FullDue))
	}
	if export.Action == engine.ActionAppend && (plan.Full == "" || plan.OnlyMissing) {
		out.WriteString("    writes no file if nothing is new\n")
	}
	return out.String()
}

// unknownText names the keys of a table that no column is for, and where they go.
func unknownText(plan engine.Plan, survey exporter.TableSurvey) string {
	table, known := schema.Lookup(survey.Table)
	i := slices.IndexFunc(plan.Exports, func(export engine.ExportPlan) bool { return export.Table == survey.Table })
	if !known || i < 0 || len(survey.Unknown) == 0 {
		return ""
	}
	extra := table.NameOf(schema.RoleExtra)
	where := "kept in the column " + extra
	if columns := plan.Exports[i].Columns; columns != nil && slices.Contains(columns.Excluded, extra) {
		where = "left out with the column " + extra
	}
	return fmt.Sprintf("Fields of %s that have no column, %s: %s.\n", inline(survey.Table), where, inline(listed(fieldNames(survey.Unknown))))
}

// fieldNames are names of fields as people read them. Unusual ones come last.
func fieldNames(names []string) []string {
	more := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name != schema.MoreNames })
	shown := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == schema.MoreNames })
	unusual := func(name string) int { return strings.Count(name, `"`) }
	slices.SortStableFunc(shown, func(a, b string) int { return min(unusual(a), 1) - min(unusual(b), 1) })
	if at := slices.Index(shown, noName); at >= 0 {
		shown = append(slices.Delete(shown, at, at+1), "one with an empty name")
	}
	return append(shown, more...)
}

// noName is how a field with an empty name is spelled.
const noName = `""`

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
	lines := []string{"whether the export is proven complete"}
	incremental := func(export engine.ExportPlan) bool { return export.Increment != nil }
	if plan.Requests == nil || len(plan.Survey.OfUsers().Partitions) > 1 || slices.ContainsFunc(plan.Exports, incremental) {
		lines = append(lines, "the number of rows")
	}
	if plan.Survey.OfUsers().Table != "" {
		lines = append(lines, "the extra requests for rows that change during the read", "unknown fields on later pages")
	}
	return bullets(lines)
}
