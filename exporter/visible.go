package exporter

import (
	"fmt"
	"unicode"
)

// Acts reports whether a terminal or a browser does something else with a character
// than show it: control characters, and those that reorder what stands around them.
func Acts(char rune) bool {
	return unicode.IsControl(char) || unicode.Is(unicode.Bidi_Control, char) || char == '\u2028' || char == '\u2029'
}

// Private reports whether a character means what a program or a font makes of it.
func Private(char rune) bool { return unicode.Is(unicode.Co, char) }

// Visible writes a character as Go source does.
func Visible(char rune) string {
	switch {
	case char < 0x80:
		return fmt.Sprintf(`\x%02x`, char)
	case char > 0xffff:
		return fmt.Sprintf(`\U%08x`, char)
	}
	return fmt.Sprintf(`\u%04x`, char)
}
