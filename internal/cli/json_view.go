package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/internal/ndjson"
)

// uiVersion is the version of the messages. A new minor one adds types or
// fields; a new major one changes them.
const uiVersion = "1.0"

// The levels of messages.
const (
	levelInfo  = "info"
	levelWarn  = "warn"
	levelError = "error"
)

// jsonView is NDJSON for programs: one message a line, all on standard output.
type jsonView struct {
	stream *jsonStream
	// team is the team that the messages are about; "" when the configuration names none.
	team string
}

// jsonStream is where messages go.
type jsonStream struct {
	now func() time.Time
	mu  sync.Mutex
	to  io.Writer
}

// newJSONView starts the stream with its version message.
func newJSONView(app App) *jsonView {
	v := &jsonView{stream: &jsonStream{now: app.Now, to: app.Stdout}}
	v.send(levelInfo, "version", "lemexport "+app.Version.Number,
		field{"lemexport", app.Version.Number}, field{"ui", uiVersion})
	return v
}

// field is one further key of a message.
type field struct {
	key   string
	value any
}

func (v *jsonView) send(level, kind, message string, fields ...field) {
	v.sendAt(v.stream.now(), level, kind, message, fields...)
}

func (v *jsonView) sendAt(at time.Time, level, kind, message string, fields ...field) {
	all := append([]field{
		{"@level", level}, {"@message", message}, {"@timestamp", at.UTC().Format(ndjson.TimeFormat)}, {"type", kind},
	}, fields...)
	if v.team != "" {
		all = slices.Insert(all, 4, field{"team", v.team})
	}
	line := []byte{'{'}
	for i, one := range all {
		if i > 0 {
			line = append(line, ',')
		}
		line = fmt.Appendf(line, "%q:", one.key)
		line = append(line, encodeJSON(one.value)...)
	}
	v.stream.mu.Lock()
	defer v.stream.mu.Unlock()
	_, _ = v.stream.to.Write(append(line, '}', '\n')) // App.Main looks at the error, once
}

func (v *jsonView) diagnostics(found exporter.Diagnostics) {
	for _, one := range found {
		level, title := levelError, "Error: "
		if one.Severity == exporter.SeverityWarning {
			level, title = levelWarn, "Warning: "
		}
		v.send(level, "diagnostic", title+one.Summary, field{"diagnostic", one})
	}
}

func (v *jsonView) plan(plan engine.Plan)     { v.sendPlan(plan) }
func (v *jsonView) proposal(plan engine.Plan) { v.sendPlan(plan) }

func (v *jsonView) sendPlan(plan engine.Plan) {
	var parts []string
	if len(plan.Tables) > 0 {
		parts = append(parts, many(int64(len(plan.Tables)), "table"))
	}
	if lists := plan.Survey.OfUsers(); lists.Table != "" {
		conversations := "an unknown number of conversations"
		if plan.Conversations != nil {
			conversations = "at most " + many(*plan.Conversations, "conversation")
		}
		parts = append(parts, many(int64(len(lists.Partitions)), "user"), conversations)
	}
	parts = append(parts, many(int64(len(plan.Exports)), "file"))
	fields := []field{{"plan", plan}, {"pending", plan.Pending()}}
	if kept := plan.Kept(); kept != nil {
		fields = append(fields, field{"kept", kept})
	}
	v.send(levelInfo, "plan", "Plan: "+strings.Join(parts, ", "), fields...)
}

func (v *jsonView) summary(summary engine.Summary) {
	level := levelInfo
	if !summary.Proof.Complete || len(summary.Proof.Skipped) > 0 {
		level = levelWarn
	}
	message := "Nothing was written"
	switch {
	case summary.Done() == 0:
	case summary.Done() < summary.Wanted:
		level, message = levelError, partlyText(summary)
	case len(summary.Exports) == 0:
		message = "Nothing is new, and no file was written"
	default:
		message = fmt.Sprintf("Exported %s in %s s", many(summary.Proof.Rows, "row"), fmt.Sprintf("%.1f", summary.Seconds))
	}
	if summary.Exports == nil {
		summary.Exports = []engine.Result{} // a list in JSON, not null
	}
	v.send(level, "summary", message, field{"summary", summary})
}

func (v *jsonView) delivered(summary engine.ReadSummary) {
	level, message := levelInfo, fmt.Sprintf("Read %s in %.1f s", many(summary.Proof.Rows, "row"), summary.Elapsed.Seconds())
	switch {
	case !summary.Proof.Complete:
		level, message = levelWarn, "Nothing was delivered"
	case len(summary.Proof.Skipped) > 0:
		level = levelWarn
	}
	v.send(level, "read_summary", message, field{"summary", summary})
}

func (v *jsonView) verification(found engine.Verification) {
	level, message := levelInfo, "Intact, and proven complete"
	switch {
	case !found.OK():
		level, message = levelError, "Damaged"
	case !found.Manifest.Proof.Complete:
		level, message = levelWarn, "Intact, but not proven complete"
	}
	v.send(level, "verification", message, field{"verification", found}, field{"ok", found.OK()},
		field{"complete", found.Manifest.Proof.Complete})
}

func (v *jsonView) shown(found engine.Shown) {
	level, message := levelInfo, "Proven complete"
	if !found.Manifest.Proof.Complete {
		level, message = levelWarn, "Not proven complete"
	}
	v.send(level, "show", message, field{"show", found}, field{"complete", found.Manifest.Proof.Complete})
}

func (v *jsonView) pruning(plan *engine.Pruning) {
	files := 0
	for _, table := range plan.Tables {
		files += len(table.Remove)
	}
	v.send(levelInfo, "prune_plan", many(int64(files), "file")+" to remove", field{"prune", plan})
}

func (v *jsonView) pruned(removed []string) {
	v.send(levelInfo, "pruned", many(int64(len(removed)), "file")+" removed", field{"removed", removed})
}

func (v *jsonView) verified(total verifiedTotal) {
	if total.Files < 2 {
		return
	}
	v.send(levelInfo, "verification_total", fmt.Sprintf("%s, %s", many(int64(total.Files), "file"), many(total.Rows, "row")), field{"total", total})
}

func (v *jsonView) progress() (progressView, time.Duration) {
	return &jsonProgress{view: v}, jsonInterval
}

func (v *jsonView) of(team string) view { return v.ofTeam(team) }

func (v *jsonView) ofTeam(team string) *jsonView { return &jsonView{stream: v.stream, team: team} }

func (v *jsonView) teams() teamsView { return jsonTeams{v} }

func (v *jsonView) question() {}

func (v *jsonView) declined(reason string) {
	v.send(levelError, "declined", "Not applied: "+reason)
}

func (v *jsonView) reported(file string, size int64) {
	v.send(levelInfo, "report", "Report written to "+file, field{"file", file}, field{"bytes", size})
}

func (v *jsonView) planSaved(file string) {
	v.send(levelInfo, "plan_saved", file, field{"file", file})
}

func (v *jsonView) initialized(file string, arguments initArguments) {
	v.send(levelInfo, "initialized", file, field{"file", file}, field{"simulate", arguments.simulate}, field{"destination", exporter.WithoutQuery(arguments.destination)})
}

func (v *jsonView) formatted(file, diff string) {
	fields := []field{{"file", file}}
	if diff != "" {
		fields = append(fields, field{"diff", diff})
	}
	v.send(levelInfo, "formatted", file, fields...)
}

func (v *jsonView) listening(server SimServer, options SimOptions) {
	fields := []field{
		{"endpoint", server.URL()}, {"simulated", true}, {"users", options.Users},
		{"conversations", options.Conversations}, {"seed", options.Seed},
	}
	if teams := server.Teams(); options.Teams > 0 {
		fields = append(fields, field{"teams", teams})
	} else {
		fields = append(fields, field{"api_key", teams[0].Key})
	}
	v.send(levelInfo, "listening", "Simulated lemlist API at "+server.URL(), fields...)
}

func (v *jsonView) traffic(seen []SimTraffic) {
	for _, one := range seen {
		v.send(levelInfo, "traffic", "Requests with the key of a simulated team", field{"traffic", one})
	}
}

func (v *jsonView) stopping() { v.send(levelWarn, "stopping", "Stopping") }

func (v *jsonView) interrupted(end *interruptedError) {
	v.send(levelError, "interrupted", "Interrupted; "+end.consequence)
}

func (v *jsonView) kept(left keptPages) {
	v.send(levelInfo, "kept", keptText(left), field{"kept", left})
}
