package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

func TestHelpOfEveryCommand(t *testing.T) {
	var walk func(command *cobra.Command, path []string)
	walk = func(command *cobra.Command, path []string) {
		c := newConsole("")
		if status := c.Main(t.Context(), append(path, "-help")); status != 0 {
			t.Errorf("%v -help: exit %d", path, status)
		}
		golden(t, "help/"+strings.Join(append([]string{"lemexport"}, path...), "-"), c.both())
		if strings.Contains(c.both(), "examples/") {
			t.Errorf("%v names a file that an installed program does not have", path)
		}
		if command.Name() != "help" && !strings.Contains(command.Example, "lemexport") {
			t.Errorf("%v has no example", path)
		}
		for _, sub := range command.Commands() {
			walk(sub, append(append([]string{}, path...), sub.Name()))
		}
	}
	root := newRoot(newConsole("").App, &settings{}, func() view { return nil })
	root.InitDefaultHelpCmd()
	walk(root, nil)
}

func TestWrongUsage(t *testing.T) {
	var all bytes.Buffer
	for _, line := range []string{
		"aply", "nonsense", "help aply", "plan -jsn", "plan --detailed-exitcod", "plan -x", "plan a b", "verify", "report a b", "prune a", "version x",
		"plan -chdir", "sim -users=many", "plan -json=perhaps", "schema -format=jsn", "schema -format=xml", "schema nosuch", "schema -json -format=ddl", "destroy", "state list", "import a", "refresh", "workspace", "init -upgrade", "apply -destroy", "plan -target=a",
		"plan -log-level=loud", "apply -json", "completion", "completion bsh", "completion tcl", "sim -fault=502-html=2",
		"validate no/such/file", "plan -json -nonsense", "validate -json -nonsense", "validate -json a b", "--json",
	} {
		c := newConsole("")
		status := c.Main(t.Context(), strings.Fields(line))
		fmt.Fprintf(&all, "$ lemexport %s\n%sexit %d\n\n", line, c.both(), status)
		if status != exporter.ExitError && line != "--json" {
			t.Errorf("%s: exit %d, want 1", line, status)
		}
	}
	golden(t, "usage", all.String())
}

func TestOneDashOrTwo(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"long flags", "plan -json -chdir=DIR -h", "plan --json --chdir=DIR -h"},
		{"two dashes stay", "plan --json --chdir DIR", "plan --json --chdir DIR"},
		{"two dashes end the flags", "plan -json -- -json", "plan --json -- -json"},
		{"one dash is standard input", "fmt -", "fmt -"},
		{"unknown flags too, for the message", "plan -nosuch", "plan --nosuch"},
	} {
		if got := strings.Join(rewrite(strings.Fields(test.in)), " "); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"-version"}, {"--version"}} {
		c := newConsole("")
		c.Main(t.Context(), args)
		if want := "lemexport 1.2.3, commit 0123456789ab with changes, go1.26, linux/amd64\n"; c.out.String() != want {
			t.Errorf("%v: %q, want %q", args, &c.out, want)
		}
	}
	c := newConsole("")
	c.Main(t.Context(), []string{"version", "-json"})
	var back Version
	if err := json.Unmarshal(c.out.Bytes(), &back); err != nil || back != c.Version {
		t.Errorf("%s: %v", &c.out, err)
	}
}

func TestValidateJSONIsOneObject(t *testing.T) {
	c := newConsole("")
	c.LoadConfig = func(Configuration) ([]exporter.Job, exporter.Diagnostics) {
		return []exporter.Job{{}}, someDiagnostics()[:2]
	}
	c.LoadForReading = c.LoadConfig
	status := c.Main(t.Context(), []string{"validate", "-json", "view.go"})
	if status != exporter.ExitError {
		t.Errorf("exit %d", status)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, c.out.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "json/validate", indented.String())
}

func TestSchemaForms(t *testing.T) {
	for _, table := range schema.TableNames() {
		c := newConsole("")
		c.Main(t.Context(), []string{"schema", table})
		golden(t, "schema/"+table, c.out.String())
	}

	c := newConsole("")
	c.Main(t.Context(), []string{"schema"})
	golden(t, "schema/"+schema.Default().Name, c.out.String())

	c = newConsole("")
	c.width = 80
	if status := c.Main(t.Context(), []string{"schema", "-format=arrow"}); status != exporter.ExitError || c.out.Len() > 0 {
		t.Errorf("an Arrow stream went to a terminal, exit %d", status)
	}
}

// broken is a stream that nobody can write.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestAStandardOutputThatFailsIsAnError(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"schema", "-format=json"}, {"version", "-json"}, {"-help"}} {
		c := newConsole("")
		c.Stdout = broken{}
		if status := c.Main(t.Context(), args); status != exporter.ExitError {
			t.Errorf("%v: exit %d", args, status)
		}
		if want := "Error: standard output cannot be written: no space left on device\n\n" +
			"The command has finished, and an apply is committed; only its output is lost.\n"; c.err.String() != want {
			t.Errorf("%v: %q, want %q", args, &c.err, want)
		}
	}
}

func TestExitStatuses(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want exporter.ExitStatus
	}{
		{"an error", errors.New("x"), 1},
		{"an incomplete export", fmt.Errorf("apply: %w", exporter.ErrIncomplete), 3},
		{"a busy destination", exporter.ErrBusy, 1},
		{"findings", exporter.Diagnostics{{Severity: exporter.SeverityError}}, 1},
		{"pending", ended{exporter.ExitPending}, 2},
		{"interrupted", &interruptedError{err: context.Canceled}, 130},
		{"interrupted while incomplete", &interruptedError{err: exporter.ErrIncomplete}, 130},
	} {
		if got := statusOf(test.err); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestHintsBecomeTheDetail(t *testing.T) {
	got := exporter.Diagnose(exporter.WithHint(errors.New("the key is wrong"), "Set another one."))
	if len(got) != 1 || got[0].Summary != "the key is wrong" || got[0].Detail != "Set another one." {
		t.Errorf("%+v", got)
	}
}
