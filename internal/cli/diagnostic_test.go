package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func someDiagnostics() exporter.Diagnostics {
	at := func(line, column, end int) *exporter.Range {
		return &exporter.Range{Filename: "conf/main.hcl", Start: exporter.Pos{Line: line, Column: column, Byte: 40}, End: exporter.Pos{Line: line, Column: end, Byte: 47}}
	}
	return exporter.Diagnostics{
		{Severity: exporter.SeverityError, Summary: `Unknown attribute "endpont"`, Address: "source.lemlist",
			Detail: `The attributes of a source are api_key, endpoint and users. Did you mean "endpoint"? Write it without quotes.`,
			Range:  at(3, 3, 10), Snippet: &exporter.Snippet{Code: `  endpont = "https://api.lemlist.com/api"`, StartLine: 3, HighlightStart: 2, HighlightEnd: 9}},
		{Severity: exporter.SeverityWarning, Summary: "Tabs and wide letters keep their carets", Range: at(99, 1, 2),
			Snippet: &exporter.Snippet{Code: "\tnom = \"日本語\" # é", StartLine: 99, HighlightStart: 7, HighlightEnd: 18}},
		{Severity: exporter.SeverityError, Summary: "Several lines", Range: at(9, 1, 2),
			Snippet: &exporter.Snippet{Code: "a {\n  b = [\n\n    1,\n    2,\n    3,\n  ]\n}", StartLine: 9, HighlightStart: 6, HighlightEnd: 33}},
		{Severity: exporter.SeverityError, Summary: "A point at the end of a line", Range: at(1, 4, 4),
			Snippet: &exporter.Snippet{Code: "a =\nb = 1", StartLine: 1, HighlightStart: 3, HighlightEnd: 3}},
		{Severity: exporter.SeverityError, Summary: "No source to show", Range: at(1, 1, 1), Address: "source.lemlist.api_key"},
		{Severity: exporter.SeverityError, Summary: "About no file", Address: "export.inbox_conversations"},
		{Severity: exporter.SeverityError, Summary: hostile, Detail: "Detail of " + hostile},
	}
}

func TestDiagnosticText(t *testing.T) {
	for name, width := range map[string]int{"pipe": 0, "terminal": 60} {
		var out strings.Builder
		for _, one := range someDiagnostics() {
			out.WriteString(diagnosticText(one, width) + "\n")
		}
		golden(t, "diagnostics/"+name, render(out.String(), false))
	}
}

// What keeps an apply from writing, and what the plan says of it before.
func someObstacles() exporter.Diagnostics {
	proof := exporter.Proof{Reasons: []string{
		"the inbox of usr_anna: the API states 12 conversations and lists 11, twice the same",
		"the inbox of usr_bo: page 2 came empty, and names page 3 as the next one",
	}}
	one := exporter.Proof{Reasons: proof.Reasons[:1]}
	hinted := func(err error) error {
		return exporter.WithHint(err, "Nothing was written. If the reason stays the same, apply -allow-incomplete writes the rows that were read, marked as incomplete.")
	}
	plan := somePlan()
	plan.Survey.OfUsers().Partitions[0].Unreadable, plan.Survey.OfUsers().Partitions[0].UnreadableForm = 100, `string "Aaa, 99 Aaa 9999"`
	plan.Conversations = new(int64(40))
	plan.Exports[0].Current = new(someManifest())
	plan.Exports[0].Shrink = &engine.ShrinkPlan{Max: 0.5, LeastRows: 6000, Expected: true}
	found := append(doubts(hinted(engine.Unproven(proof)), proof), doubts(hinted(engine.Unproven(one)), one)...)
	shrunk := fmt.Errorf("%w: 40 rows were read, out/inbox_conversations.parquet has 12000", engine.ErrShrunk)
	found = append(found, exporter.Diagnose(exporter.WithHint(shrunk, "The file was left as it is. If the conversations are really gone, run apply with -allow-shrink."))...)
	return append(found, plan.Warnings()...)
}

func TestObstaclesOfAnApply(t *testing.T) {
	for name, width := range map[string]int{"obstacles-pipe": 0, "obstacles-terminal": 60} {
		var out strings.Builder
		for _, one := range someObstacles() {
			out.WriteString(diagnosticText(one, width) + "\n")
		}
		golden(t, "diagnostics/"+name, render(out.String(), false))
	}
	c := newConsole("")
	newJSONView(c.App).diagnostics(someObstacles())
	golden(t, "json/obstacles", c.out.String())
}

func TestCaretsStayInsideTheLine(t *testing.T) {
	for _, test := range []struct {
		line       string
		start, end int
		want       string
	}{
		{"abc", 1, 2, " ^"},
		{"abc", -5, 2, "^^"},
		{"abc", 2, 99, "  ^"},
		{"abc", 3, 3, "   ^"},
		{"abc", 4, 9, ""},
		{"abc", -2, -1, ""},
		{"abc", -1, -1, ""},
		{"", 0, 0, "^"},
		{"  a  ", 0, 5, "  ^"},
		{"     ", 0, 5, ""},
		{"\ta", 1, 2, "\t^"},
		{"é日x", 2, 5, " ^^"},
	} {
		if got := render(underline(test.line, test.start, test.end), false); got != test.want {
			t.Errorf("%q from %d to %d: %q, want %q", test.line, test.start, test.end, got, test.want)
		}
	}
}
