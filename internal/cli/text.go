package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// count writes a number with thousands separators.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// many writes a number with its noun: "1 page", "2,000 pages".
func many(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return count(n) + " " + strings.TrimSuffix(noun, "y") + "ies"
	}
	return count(n) + " " + noun + "s"
}

// span writes a duration the way people say it, to the second from ten seconds on.
func span(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		digits := strconv.FormatFloat(d.Seconds(), 'f', 2, 64)
		return strings.TrimSuffix(strings.TrimRight(digits, "0"), ".") + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60), " 0 s")
	}
	return strings.TrimSuffix(fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60), " 0 min")
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// wrap breaks paragraphs into lines of at most width columns; 0 leaves them as
// they are. Words longer than a line stay whole.
func wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		item, isItem := strings.CutPrefix(paragraph, bullet)
		switch {
		case columns(paragraph) <= width:
			lines = append(lines, paragraph)
		case isItem:
			hanging := strings.Repeat(" ", len(bullet))
			for i, line := range wrapWords(item, max(width-len(bullet), 1)) {
				if i == 0 {
					line = bullet + line
				} else {
					line = hanging + line
				}
				lines = append(lines, line)
			}
		case strings.HasPrefix(paragraph, " "): // it is laid out already
			lines = append(lines, paragraph)
		default:
			lines = append(lines, wrapWords(paragraph, width)...)
		}
	}
	return strings.Join(lines, "\n")
}

// itemIndent begins a sentence about the thing in the line before.
const itemIndent = "    "

// wrapItems is wrap for text with such sentences: their lines keep the indent.
func wrapItems(text string, width int) string {
	if width <= 0 {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		rest, isItem := strings.CutPrefix(line, itemIndent)
		if !isItem || strings.HasPrefix(rest, " ") {
			lines = append(lines, wrap(line, width))
			continue
		}
		for _, part := range wrapWords(rest, max(width-len(itemIndent), 1)) {
			lines = append(lines, itemIndent+part)
		}
	}
	return strings.Join(lines, "\n")
}

// wrapWords breaks one paragraph into lines.
func wrapWords(paragraph string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(paragraph) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// table lays out rows in columns, two spaces apart and indented by two. Columns
// named in right are aligned to the right. Cells are made inline.
func table(rows [][]string, right ...int) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(render(inline(cell), false)))
		}
	}
	toRight := make(map[int]bool, len(right))
	for _, i := range right {
		toRight[i] = true
	}
	var out strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			cell = inline(cell)
			space := strings.Repeat(" ", widths[i]-columns(render(cell, false)))
			if toRight[i] {
				cell, space = space, cell
			}
			line.WriteString("  " + cell + space)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}
