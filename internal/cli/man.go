package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ManPages are the manual pages of the commands, section 1, by the names of their files.
// faults are the kinds that `sim -fault` takes.
func ManPages(version string, faults []string) map[string]string {
	root := describedRoot(faults)
	pages := map[string]string{"lemexport.1": manPage(root, version)}
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() {
			pages["lemexport-"+command.Name()+".1"] = manPage(command, version)
		}
	}
	return pages
}

// manPage is the help of a command as a manual page.
func manPage(command *cobra.Command, version string) string {
	var out strings.Builder
	name := strings.ReplaceAll(command.CommandPath(), " ", "-")
	fmt.Fprintf(&out, ".TH %q 1 \"\" %q \"lemexport\"\n", strings.ToUpper(name), "lemexport "+version)
	fmt.Fprintf(&out, ".SH NAME\n%s \\- %s\n", roff(name), roff(command.Short))
	fmt.Fprintf(&out, ".SH SYNOPSIS\n.B %s\n", roff(usageLine(command)))
	out.WriteString(".SH DESCRIPTION\n")
	manText(&out, command.Long)
	if command.HasExample() {
		out.WriteString(".SH EXAMPLES\n")
		manText(&out, command.Example)
	}
	manFlags(&out, "OPTIONS", command.LocalNonPersistentFlags())
	manFlags(&out, "OPTIONS OF EVERY COMMAND", command.Root().PersistentFlags())
	var others []string
	if command.HasParent() {
		others = append(others, ".BR lemexport (1)")
	}
	for _, sub := range command.Commands() {
		if sub.IsAvailableCommand() {
			others = append(others, ".BR lemexport\\-"+roff(sub.Name())+" (1)")
		}
	}
	if !command.HasParent() {
		manStatuses(&out)
	}
	fmt.Fprintf(&out, ".SH SEE ALSO\n%s\n", strings.Join(others, ",\n"))
	return out.String()
}

func manStatuses(out *strings.Builder) {
	out.WriteString(".SH EXIT STATUS\n")
	for _, status := range exitStatuses() {
		fmt.Fprintf(out, ".TP\n.B %s\n%s\n", status[0], roff(status[1]))
	}
}

func manFlags(out *strings.Builder, title string, flags *pflag.FlagSet) {
	rows := flagRows(flags)
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(out, ".SH %s\n", title)
	for _, row := range rows {
		fmt.Fprintf(out, ".TP\n.B %s\n%s\n", roff(row[0]), roff(row[1]))
	}
}

// manText keeps paragraphs; indented lines stay as they are.
func manText(out *strings.Builder, text string) {
	verbatim := false
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, "  "); indented != verbatim {
			verbatim = indented
			out.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
		}
		if line == "" {
			out.WriteString(".PP\n")
			continue
		}
		out.WriteString(roff(line) + "\n")
	}
	if verbatim {
		out.WriteString(".fi\n")
	}
}

// roff escapes a line of text. A hyphen would become a dash, and a leading dot or quote a
// request.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
