package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/lemexport/lemexport/exporter"
)

// Marks are the styles of text on its way to a terminal. They are private-use
// characters, so that text from outside can hold no escape sequence at all:
// only the terminal turns a mark into one, or drops it where there is no colour.
// Text from outside cannot contain marks either: a view calls outward before it adds its
// own.
const (
	markReset  = '\U000F4C00'
	markBold   = '\U000F4C01'
	markDim    = '\U000F4C02'
	markRed    = '\U000F4C03'
	markGreen  = '\U000F4C04'
	markYellow = '\U000F4C05'
)

func bold(text string) string   { return string(markBold) + text + string(markReset) }
func dim(text string) string    { return string(markDim) + text + string(markReset) }
func red(text string) string    { return string(markRed) + text + string(markReset) }
func green(text string) string  { return string(markGreen) + text + string(markReset) }
func yellow(text string) string { return string(markYellow) + text + string(markReset) }

// escape returns the escape sequence of a mark; ok is false for any other character.
func escape(char rune) (sequence string, ok bool) {
	switch char {
	case markReset:
		return "\x1b[0m", true
	case markBold:
		return "\x1b[1m", true
	case markDim:
		return "\x1b[2m", true
	case markRed:
		return "\x1b[31m", true
	case markGreen:
		return "\x1b[32m", true
	case markYellow:
		return "\x1b[33m", true
	}
	return "", false
}

// render makes text fit to be written: marks become escape sequences or
// nothing, and what could act on a terminal becomes visible.
func render(text string, colour bool) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		char, size := utf8.DecodeRuneInString(text[i:])
		sequence, mark := escape(char)
		switch {
		case mark && colour:
			out.WriteString(sequence)
		case mark:
		case char == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case char != '\n' && char != '\t' && acts(char), exporter.Private(char):
			out.WriteString(exporter.Visible(char))
		default:
			out.WriteRune(char)
		}
		i += size
	}
	return out.String()
}

func acts(char rune) bool { return exporter.Acts(char) }

// longestInline is how many characters of a text stand in a line: a path may have
// 4,096 bytes.
const longestInline = 4096

// inline puts text from outside on one line, so that it cannot imitate another line.
func inline(text string) string {
	return strings.NewReplacer("\n", `\n`, "\t", ` `).Replace(shorten(text, longestInline))
}

// shorten cuts a text after so many characters.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for at := range text {
		if most == 0 {
			return text[:at] + "…"
		}
		most--
	}
	return text
}

// columns is the number of columns that text takes on a terminal.
func columns(text string) int {
	total := 0
	for _, char := range text {
		if _, mark := escape(char); mark || unicode.In(char, unicode.Mn, unicode.Me, unicode.Cf) && !acts(char) {
			continue
		}
		switch width.LookupRune(char).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			total += 2
		case width.Neutral, width.EastAsianAmbiguous, width.EastAsianNarrow, width.EastAsianHalfwidth:
			total++
		}
	}
	return total
}
