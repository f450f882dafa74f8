package cli

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// The page has a section for each command that help lists, with every flag of it.
func TestTheCommandsPageHasEveryCommandAndFlag(t *testing.T) {
	page := CommandsPage([]string{"503-html"})
	for _, command := range availableCommands(describedRoot(nil)) {
		_, section, found := strings.Cut(page, "\n## "+command.Name()+"\n")
		if !found {
			t.Errorf("no section for %s", command.Name())
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		if !strings.Contains(section, usageLine(command)) {
			t.Errorf("the section of %s lacks its usage", command.Name())
		}
		if command.HasExample() && !strings.Contains(section, strings.TrimSpace(strings.Split(command.Example, "\n")[0])) {
			t.Errorf("the section of %s lacks its example", command.Name())
		}
		command.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			if !flag.Hidden && !strings.Contains(section, "| `-"+flag.Name) {
				t.Errorf("the section of %s lacks -%s", command.Name(), flag.Name)
			}
		})
	}
	for _, want := range []string{"503-html", "| 130 | Interrupted. |", "| `-chdir=DIR` |"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestMarkdownOfHelp(t *testing.T) {
	var out strings.Builder
	markdownText(&out, "Reads *.hcl and <a|b>.\n\n  lemexport x_y\n\nEnd.")
	const want = "Reads \\*.hcl and \\<a\\|b>.\n\n```\nlemexport x_y\n```\n\nEnd.\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
