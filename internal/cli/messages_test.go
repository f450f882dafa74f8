package cli

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// messagesPage describes the messages. Its examples are the golden file of this test.
var messagesPage = filepath.Join("..", "..", "docs", "messages.md")

// simulation is a server that listens.
type simulation struct{}

func (simulation) URL() string { return "http://127.0.0.1:8080" }
func (simulation) Teams() []SimTeam {
	return []SimTeam{{Key: "simulated-key", Users: 3, Conversations: 5000}}
}
func (simulation) Traffic() []SimTraffic { return []SimTraffic{{Requests: 130, MaxInWindow: 20}} }
func (simulation) Close() error          { return nil }

// exampleProof is that of a list of one page, as the examples show it.
func exampleProof() exporter.Proof {
	proof := someProof()
	proof.Partitions = proof.Partitions[1:]
	return proof
}

func exampleManifest() exporter.Manifest {
	manifest := someManifest()
	manifest.Proof = exampleProof()
	return manifest
}

func exampleSummary() engine.Summary {
	summary := someSummary()
	summary.Wanted, summary.Proof, summary.Exports[0].Manifest = 1, exampleProof(), exampleManifest()
	return summary
}

// examples are a message or more of every type, as lines.
func examples(t *testing.T) map[string][]string {
	t.Helper()
	c := newConsole("")
	v := newJSONView(c.App)
	v.diagnostics(exporter.Diagnostics{{
		Severity: exporter.SeverityError, Summary: "Missing destination", Detail: "Add destination = \"./out\".", Address: "export.inbox_conversations",
		Range:   &exporter.Range{Filename: "main.hcl", Start: exporter.Pos{Line: 4, Column: 1, Byte: 60}, End: exporter.Pos{Line: 4, Column: 7, Byte: 66}},
		Snippet: &exporter.Snippet{Code: "export \"inbox_conversations\" {", StartLine: 4, HighlightEnd: 6},
	}})
	v.plan(somePlan())
	v.planSaved("tonight.plan")
	v.initialized("main.hcl", initArguments{destination: "./out", simulate: true})
	v.declined("the answer was not 'yes'.")
	progress, _ := v.progress()
	for _, one := range stepwise() {
		if skipped, ok := one.event.(exporter.PartitionSkipped); ok && skipped.Partition == "usr_late" {
			continue
		}
		if retried, ok := one.event.(exporter.RequestRetried); ok && retried.Left == 0 {
			continue
		}
		progress.event(one.at, one.event)
	}
	progress.end()
	v.summary(exampleSummary())
	v.stopping()
	v.interrupted(&interruptedError{consequence: "the destination is as it was"})
	v.kept(keptPages{exporter.Kept{Pages: 37, From: day(1), Until: day(2), Age: 60, OldestAge: 3660, Expires: day(23)}, usualWorkDir})
	v.delivered(engine.ReadSummary{RunID: someSummary().RunID, Full: true, Proof: new(exampleProof()), Elapsed: 9 * time.Second, Seconds: 9})
	verification := someVerification()
	verification.Manifest = exampleManifest()
	v.verification(verification)
	v.verified(verifiedTotal{Files: 7, Rows: 5123, Complete: true})
	files := someVersions()[:2]
	v.shown(engine.Shown{Location: "out/inbox_conversations.json", Kind: engine.KindVersioned, Manifest: exampleManifest(), Age: 7385.6, Files: files,
		FullProof: &exporter.FullProof{RunID: "run-3", FinishedAt: day(3), Method: "seams+sweep"}})
	v.pruning(&engine.Pruning{RunID: "run-4", Tables: []engine.PrunePlan{{
		Location: "out/inbox_conversations.json", Table: "inbox_conversations", Kind: engine.KindVersioned, Keep: files[:1], Remove: files[1:],
	}}})
	v.pruned([]string{files[1].File})
	v.reported("out/report.html", 123456)
	v.formatted("main.hcl", "")
	v.listening(simulation{}, SimOptions{Users: 3, Conversations: 5000, Seed: 1})
	v.traffic(simulation{}.Traffic())
	end := endOfAgency()
	end.results = end.results[:2]
	end.results[0].Summary = exampleSummary()
	events := v.teams().eventsOf(2)
	team, _ := events.progress()
	team.event(day(3), teamEvent{team: "acme", ended: &teams.Result{Team: "acme", Outcome: teams.Done, Summary: exampleSummary()}})
	team.end()
	v.teams().summary(end)

	found := make(map[string][]string)
	for line := range strings.Lines(c.out.String()) {
		var message struct{ Type string }
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatal(err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, []byte(strings.TrimSpace(line)), "", "  "); err != nil {
			t.Fatal(err)
		}
		if len(found[message.Type]) == 0 || message.Type == "summary" {
			found[message.Type] = append(found[message.Type], pretty.String())
		}
	}
	return found
}

// sections are the parts of the page about one type each.
func sections(page string) map[string]string {
	found := make(map[string]string)
	for part := range strings.SplitSeq(page, "\n### ") {
		if name, text, ok := strings.Cut(part, "\n"); ok && strings.HasPrefix(name, "`") {
			text, _, _ = strings.Cut(text, "\n## ")
			found[strings.Trim(name, "`")] = text
		}
	}
	return found
}

var exampleBlock = regexp.MustCompile("(?s)```json\n(.*?)\n```")

func TestTheExamplesOfTheMessagesAreWhatIsSent(t *testing.T) {
	page, err := os.ReadFile(messagesPage)
	if err != nil {
		t.Fatal(err)
	}
	documented := sections(string(page))
	text := string(page)
	for kind, want := range examples(t) {
		section, ok := documented[kind]
		if !ok {
			t.Errorf("docs/messages.md has no section for %q", kind)
			continue
		}
		var got []string
		for _, match := range exampleBlock.FindAllStringSubmatch(section, -1) {
			got = append(got, match[1])
		}
		if diff := cmp.Diff(want, got); diff == "" {
			continue
		} else if !*update {
			t.Errorf("the examples of %q differ (-want +got); run with -update and read the diff:\n%s", kind, diff)
		}
		n := -1
		renewed := exampleBlock.ReplaceAllStringFunc(section, func(string) string {
			n++
			if n >= len(want) {
				t.Fatalf("%q needs %d examples", kind, len(want))
			}
			return "```json\n" + want[n] + "\n```"
		})
		text = strings.Replace(text, section, renewed, 1)
	}
	if *update {
		if err := os.WriteFile(messagesPage, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A message that is sent is described, with an example, and no other is.
func TestEveryTypeOfMessageIsDocumented(t *testing.T) {
	page, err := os.ReadFile(messagesPage)
	if err != nil {
		t.Fatal(err)
	}
	sent := sentTypes(t)
	if diff := cmp.Diff(sent, slices.Sorted(maps.Keys(sections(string(page))))); diff != "" {
		t.Errorf("the types that are sent differ from the sections of docs/messages.md (-sent +documented):\n%s", diff)
	}
	if diff := cmp.Diff(sent, slices.Sorted(maps.Keys(examples(t)))); diff != "" {
		t.Errorf("the types that are sent differ from the examples (-sent +example):\n%s", diff)
	}
}

// sentTypes are the types that the code of this package sends.
func sentTypes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			position := map[string]int{"send": 1, "sendAt": 2}[nameOf(method)]
			if !ok || position == 0 || len(call.Args) <= position {
				return true
			}
			if kind, ok := call.Args[position].(*ast.BasicLit); ok {
				text, err := strconv.Unquote(kind.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[text] = true
			} else if ident, ok := call.Args[position].(*ast.Ident); !ok || ident.Name != "kind" { // send passes it on
				t.Errorf("%s sends a message whose type is no literal", name)
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

func nameOf(method *ast.SelectorExpr) string {
	if method == nil {
		return ""
	}
	return method.Sel.Name
}

// The text about a type names the keys of its examples, down to the members of its payload.
func TestEveryFieldOfAMessageIsDocumented(t *testing.T) {
	page, err := os.ReadFile(messagesPage)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	documented := sections(text)
	common, _, _ := strings.Cut(text, "\n### ")
	for kind, lines := range examples(t) {
		prose := common + exampleBlock.ReplaceAllString(documented[kind], "")
		for _, line := range lines {
			var message map[string]any
			if err := json.Unmarshal([]byte(line), &message); err != nil {
				t.Fatal(err)
			}
			for key, value := range message {
				keys := []string{key}
				if payload, ok := value.(map[string]any); ok {
					keys = append(keys, slices.Collect(maps.Keys(payload))...)
				}
				for _, key := range keys {
					if !strings.Contains(prose, "`"+key+"`") {
						t.Errorf("docs/messages.md does not describe %s of %q", key, kind)
					}
				}
			}
		}
	}
}
