package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// humanTeams is the view of several teams.
type humanTeams struct{ *humanView }

func (v humanTeams) plans(plans teamPlans) { v.show(v.out, plans) }

func (v humanTeams) proposal(plans teamPlans) {
	v.show(v.err, plans)
	v.err.print("\n")
}

// show prints a table, and of one team alone its whole plan.
func (v humanTeams) show(to *terminal, plans teamPlans) {
	if len(plans.plans) == 1 && plans.plans[0].Err == nil {
		only := plans.plans[0]
		to.printWrapped(bold(inline(outward(only.Team))) + ": " + planText(outward(only.Plan)))
	} else {
		to.printWrapped(teamPlansText(plans))
	}
	for _, one := range plans.plans {
		team := v.of(one.Team)
		if one.Err != nil {
			team.diagnostics(exporter.Diagnose(one.Err))
			continue
		}
		team.diagnostics(one.Plan.Warnings())
	}
}

// teamPlansText has a line for each team, and one for all of them.
func teamPlansText(plans teamPlans) string {
	rows := [][]string{{"team", "users", "conversations", "requests", "least time", "file"}}
	sum := planSum{conversations: new(int64), requests: new(int64)}
	simulated := false
	for _, one := range plans.plans {
		if one.Err != nil {
			rows = append(rows, []string{outward(one.Team), "", "", "", "", red("cannot be planned")})
			continue
		}
		plan := outward(one.Plan)
		users := len(plan.Survey.OfUsers().Partitions)
		least := "unknown"
		if plan.LeastTime != nil {
			least = seconds(*plan.LeastTime)
		}
		rows = append(rows, []string{
			outward(one.Team), count(int64(users)), orUnknown(plan.Conversations), orUnknown(plan.Requests), least, exportsText(plan.Exports),
		})
		sum = sum.plus(plan)
		simulated = simulated || plan.Survey.Simulated
	}
	least := "unknown"
	if time, known := plans.leastTime(); known {
		least = span(time)
	}
	rows = append(rows, []string{bold(many(int64(len(plans.plans)), "team")), count(sum.users), orUnknown(sum.conversations), orUnknown(sum.requests), least,
		fmt.Sprintf("%d at a time", plans.parallel)})
	notice := ""
	if simulated {
		notice = yellow(bold(simulatedNotice)) + "\n\n"
	}
	return notice + table(rows, 1, 2, 3, 4) + "\nUsers share conversations, and each becomes one row. The requests are those of a read during which nothing changes; " +
		"-only=NAME shows the whole plan of one team.\n\n" + bold("Plan:") + " " + plans.fates() + ".\n"
}

// planSum adds plans up; a number that is unknown in one of them is nil.
type planSum struct {
	users                   int64
	conversations, requests *int64
}

func (s planSum) plus(plan engine.Plan) planSum {
	return planSum{
		users:         s.users + int64(len(plan.Survey.OfUsers().Partitions)),
		conversations: sumKnown(s.conversations, plan.Conversations),
		requests:      sumKnown(s.requests, plan.Requests),
	}
}

// sumKnown is a + b; nil, which is unknown, when one of them is.
func sumKnown(a, b *int64) *int64 {
	if a == nil || b == nil {
		return nil
	}
	return new(exporter.Sum(*a, *b))
}

func seconds(n float64) string { return span(time.Duration(n * float64(time.Second))) }

// exportsText says in one cell what happens with the files of a team.
func exportsText(exports []engine.ExportPlan) string {
	const unchanged engine.Action = "unchanged"
	fate := func(export engine.ExportPlan) engine.Action {
		if export.Unchanged {
			return unchanged
		}
		return export.Action
	}
	if len(exports) == 1 {
		file := exports[0].File
		if exports[0].Unchanged {
			file = cmp.Or(exports[0].CurrentFile, file)
		}
		return string(fate(exports[0])) + " " + file
	}
	var parts []string
	for _, action := range []engine.Action{engine.ActionCreate, engine.ActionReplace, engine.ActionMerge, engine.ActionAppend, unchanged} {
		n := int64(0)
		for _, export := range exports {
			if fate(export) == action {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, string(action)+" "+many(n, "file"))
		}
	}
	return strings.Join(parts, ", ")
}

func (v humanTeams) eventsOf(total int) showing[teamEvent] { return humanTeamEvents{v, total} }

func (v humanTeams) summary(end teamsEnd) {
	v.out.print(teamsText(end))
	for _, one := range byOutcome(end.results) {
		v.of(one.Team).diagnostics(problems(one))
		if one.Outcome == teams.Interrupted {
			v.err.print(stoppedText(outward(one), end.workDir))
		}
	}
	if end.status() == exporter.ExitInterrupted {
		v.interrupted(&interruptedError{consequence: end.text()})
	}
}

// byOutcome puts failures first, and leaves the order of the teams as it is otherwise.
func byOutcome(results []teams.Result) []teams.Result {
	order := outcomes()
	sorted := slices.Clone(results)
	slices.SortStableFunc(sorted, func(a, b teams.Result) int {
		return slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome)
	})
	return sorted
}

// stoppedText says what an interrupt means for the files of a team.
func stoppedText(one teams.Result, workDir string) string {
	text := inline(one.Team) + ": " + inline(consequence(one.Summary)) + "."
	if kept := one.Summary.Kept; kept != nil {
		text += " " + keptText(keptPages{*kept, workDir})
	}
	return text + "\n"
}

// teamsText is the table of an apply of several teams.
func teamsText(end teamsEnd) string {
	title := end.text() + "."
	switch end.status() {
	case 0:
		title = green(bold(title))
	case exporter.ExitIncomplete:
		title = yellow(bold(title))
	default:
		title = red(bold(title))
	}
	rows := [][]string{{"team", "outcome", "rows", "requests", "retries", "seconds", "file"}}
	simulated, total := false, exporter.Proof{}
	for _, one := range byOutcome(end.results) {
		one = outward(one)
		simulated = simulated || one.Summary.Simulated
		proof := one.Summary.Proof
		total.Rows, total.Requests = exporter.Sum(total.Rows, proof.Rows), exporter.Sum(total.Requests, proof.Requests)
		rows = append(rows, resultRow(one))
	}
	if len(end.results) == 0 {
		return title + "\n"
	}
	rows = append(rows, []string{bold("all"), "", count(total.Rows), count(total.Requests), "", fixed(end.elapsed.Seconds()), ""})
	notice := ""
	if simulated {
		notice = yellow(bold(simulatedNotice)) + "\n"
	}
	return title + "\n" + notice + "\n" + table(rows, 2, 3, 4, 5)
}

// resultRow is the line of a team in the table.
func resultRow(one teams.Result) []string {
	outcome := outcomeText(one.Outcome)
	switch skipped := len(one.Summary.Proof.Skipped); {
	case one.Outcome == teams.Failed || one.Outcome == teams.Interrupted:
		outcome = red(outcome)
	case one.Outcome == teams.Unproven:
		outcome = yellow(outcome)
	case one.Outcome == teams.Done && skipped > 0:
		outcome = yellow("done, " + many(int64(skipped), "user") + " skipped")
	case one.Outcome == teams.Fresh:
		return []string{one.Team, outcome, "", "", "", "", "proven complete at " + stamp(one.ProvenAt)}
	}
	proof := one.Summary.Proof
	if proof.Requests == 0 { // nothing was read
		return []string{one.Team, outcome, "", "", "", "", ""}
	}
	rows := count(proof.Rows)
	if one.Outcome == teams.Interrupted && proof.Rows == 0 {
		rows = "" // they are counted at the end of a walk
	}
	return []string{one.Team, outcome, rows, count(proof.Requests), retriesCount(proof), fixed(one.Summary.Seconds), filesText(one.Summary)}
}

func fixed(seconds float64) string { return strconv.FormatFloat(seconds, 'f', 1, 64) }

// filesText says in one cell what was written.
func filesText(summary engine.Summary) string {
	switch {
	case summary.Done() == 0:
		return "nothing was written"
	case summary.Done() < summary.Wanted:
		return fmt.Sprintf("%d of %d exports written", summary.Done(), summary.Wanted)
	case len(summary.Exports) == 0:
		return "nothing new"
	case len(summary.Exports) > 1:
		return many(int64(len(summary.Exports)), "file")
	}
	return summary.Exports[0].File
}
