package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// mostLines is how many source lines a diagnostic quotes at most.
const mostLines = 6

// diagnosticText renders a finding. width is the terminal's; 0 stands for no
// terminal: no rule at the left, and no line is broken.
func diagnosticText(found exporter.Diagnostic, width int) string {
	found = outwardDiagnostic(found)
	title := red(bold("Error: "))
	rule := red("│")
	if found.Severity == exporter.SeverityWarning {
		title, rule = yellow(bold("Warning: ")), yellow("│")
	}
	const margin = 2
	text := max(width-margin, 0)
	parts := []string{title + boldLines(wrap(strings.TrimSpace(found.Summary), text))}
	if where := whereText(found); where != "" {
		parts = append(parts, where)
	}
	if found.Detail != "" {
		parts = append(parts, wrap(strings.Trim(found.Detail, "\n"), text))
	}
	body := strings.Join(parts, "\n\n")
	if width <= 0 {
		return body + "\n"
	}
	var out strings.Builder
	for line := range strings.SplitSeq(body, "\n") {
		out.WriteString(strings.TrimRight(rule+" "+line, " ") + "\n")
	}
	return out.String()
}

// boldLines indents all lines but the first: an error may bring several.
func boldLines(text string) string {
	return bold(strings.ReplaceAll(text, "\n", string(markReset)+"\n  "+string(markBold)))
}

// whereText names the place and quotes the source, with carets below.
func whereText(found exporter.Diagnostic) string {
	if found.Range == nil {
		if found.Address == "" {
			return ""
		}
		return "  in " + inline(found.Address)
	}
	head := fmt.Sprintf("  on %s line %d", inline(found.Range.Filename), found.Range.Start.Line)
	if found.Address != "" {
		head += ", in " + inline(found.Address)
	}
	if found.Snippet == nil {
		return head
	}
	return head + ":\n" + snippetText(*found.Snippet)
}

func snippetText(snippet exporter.Snippet) string {
	lines := strings.Split(snippet.Code, "\n")
	digits := len(strconv.Itoa(snippet.StartLine + len(lines) - 1))
	var out []string
	start := 0
	for i, line := range lines {
		if i == mostLines {
			out = append(out, strings.Repeat(" ", digits+2)+dim(fmt.Sprintf("… %s more", many(int64(len(lines)-i), "line"))))
			break
		}
		out = append(out, fmt.Sprintf("  %*d: %s", digits, snippet.StartLine+i, withoutMarks(line)))
		if carets := underline(line, snippet.HighlightStart-start, snippet.HighlightEnd-start); carets != "" {
			out = append(out, strings.Repeat(" ", digits+4)+carets)
		}
		start += len(line) + 1
	}
	return strings.Join(out, "\n")
}

// underline draws carets below the bytes from start to end of a line, one caret
// when they are the same, nothing when they are on another line. Tabs stay tabs,
// so that the carets stand where the terminal puts the text.
func underline(line string, start, end int) string {
	if start > len(line) || end < 0 || start == end && start < 0 {
		return ""
	}
	point := start == end
	start, end = max(start, 0), min(end, len(line))
	marked := strings.TrimSpace(line[start:end])
	if marked == "" && !point {
		return ""
	}
	if !point {
		start += strings.Index(line[start:end], marked)
	}
	return spread(line[:start]) + red(strings.Repeat("^", max(columns(render(withoutMarks(marked), false)), 1)))
}

// spread replaces every character by as many blanks as it takes columns.
func spread(text string) string {
	var out strings.Builder
	for _, char := range text {
		if char == '\t' {
			out.WriteRune(char)
			continue
		}
		out.WriteString(strings.Repeat(" ", columns(render(withoutMarks(string(char)), false))))
	}
	return out.String()
}
