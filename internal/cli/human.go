package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// simulatedNotice stands wherever someone could take simulated data for real.
const simulatedNotice = "SIMULATED DATA: no row is real."

// humanView is text for people.
type humanView struct {
	out, err *terminal
	// logging says that a log is on stderr too, which a bar would tear.
	logging bool
	// team is the team that the diagnostics are about; "" when the configuration names none.
	team string
}

func newHumanView(app App, global settings) *humanView {
	return &humanView{
		out:     newTerminal(app, app.Stdout, !global.noColor),
		err:     newTerminal(app, app.Stderr, !global.noColor),
		logging: global.logLevel != "",
	}
}

func (v *humanView) diagnostics(found exporter.Diagnostics) {
	width, _ := v.err.size()
	for _, one := range found {
		if v.team != "" {
			one.Summary = v.team + ": " + one.Summary
		}
		v.err.print(diagnosticText(one, width) + "\n")
	}
}

func (v *humanView) plan(plan engine.Plan)     { v.out.printWrapped(planText(outward(plan))) }
func (v *humanView) proposal(plan engine.Plan) { v.err.printWrapped(planText(outward(plan)) + "\n") }

func (v *humanView) planSaved(file string) {
	v.err.print("\nSaved: " + inline(outward(file)) + ". Apply it with 'lemexport apply " + shellWord(outward(file)) + "'.\n")
}

func (v *humanView) question() {
	v.err.print(bold("Do you want to apply this plan?") + " Only 'yes' is accepted.\n\n  Answer: ")
}

func (v *humanView) declined(reason string) { v.err.print("\nNot applied: " + outward(reason) + "\n") }

func (v *humanView) summary(summary engine.Summary) { v.out.print(summaryText(outward(summary))) }
func (v *humanView) delivered(summary engine.ReadSummary) {
	v.err.print(deliveredText(outward(summary)))
}
func (v *humanView) verification(found engine.Verification) {
	v.out.print(verificationText(outward(found)))
}
func (v *humanView) reported(file string, size int64) {
	v.out.print(fmt.Sprintf("Report written to %s (%s).\n", inline(outward(file)), many(size, "byte")))
}

func (v *humanView) shown(found engine.Shown) { v.out.print(shownText(outward(found)) + "\n") }

func (v *humanView) pruning(plan *engine.Pruning) {
	for _, one := range plan.Tables {
		v.out.print(pruneText(outward(one)) + "\n")
	}
}

func (v *humanView) pruned(removed []string) {
	v.out.print(green(bold("Removed "+many(int64(len(removed)), "file")+".")) + "\n")
}

func (v *humanView) verified(total verifiedTotal) { v.out.print(verifiedText(total)) }
func (v *humanView) initialized(file string, arguments initArguments) {
	arguments.path = outward(arguments.path)
	v.out.print(initializedText(outward(file), arguments))
}

func (v *humanView) formatted(file, diff string) {
	if diff == "" {
		diff = inline(outward(file)) + "\n"
	}
	v.out.print(withoutMarks(diff))
}

func (v *humanView) listening(server SimServer, options SimOptions) {
	v.out.print(listeningText(server, options))
}

func (v *humanView) traffic(seen []SimTraffic) { v.out.print(trafficText(seen)) }

func (v *humanView) stopping() {
	v.err.print("\nStopping. A second ^C ends lemexport at once.\n")
}

func (v *humanView) interrupted(end *interruptedError) {
	v.err.print(bold("Interrupted") + "; " + inline(outward(end.consequence)) + ".\n")
}

func (v *humanView) kept(left keptPages) { v.err.print(keptText(outward(left)) + "\n") }

func (v *humanView) progress() (progressView, time.Duration) {
	if v.err.interactive() && !v.logging {
		return &barView{term: v.err}, barInterval
	}
	return &heartbeatView{term: v.err}, heartbeatInterval
}

func (v *humanView) of(team string) view {
	one := *v
	one.team = team
	return &one
}

func (v *humanView) teams() teamsView { return humanTeams{v} }

// bullet begins an item of a list.
const bullet = "  - "

// bullets lists the first texts, one a line.
func bullets(texts []string) string {
	var out strings.Builder
	shown, more := first(texts)
	for _, text := range shown {
		out.WriteString(bullet + inline(text) + "\n")
	}
	return out.String() + more
}
