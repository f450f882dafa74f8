package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestNothingFromOutsideActsOnATerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text") + hostile
		for _, char := range render(text, true) {
			if char == '\x1b' || char == '\r' || char != '\n' && char != '\t' && acts(char) {
				t.Fatalf("%q passes %q", text, char)
			}
		}
		if line := render(inline(text), true); strings.ContainsAny(line, "\n\t") {
			t.Fatalf("%q is more than one line: %q", text, line)
		}
	})
}

func TestWhatActsIsMadeVisible(t *testing.T) {
	for _, char := range "\x00\x07\b\r\x1b\x7f\u0085\u009b\u009d\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069" {
		if got := render(string(char), true); strings.ContainsRune(got, char) || got[0] != '\\' {
			t.Errorf("%q becomes %q", char, got)
		}
	}
	for _, char := range "aé日😀\u200d\u0301\n\t" {
		if got := render(string(char), true); got != string(char) {
			t.Errorf("%q becomes %q", char, got)
		}
	}
}

func TestMarksBecomeColoursOnlyWhereThereAreColours(t *testing.T) {
	if got, want := render(red("a"), true), "\x1b[31ma\x1b[0m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := render(bold(red("a")), false); got != "a" {
		t.Errorf("got %q, want plain text", got)
	}
}

func TestJSONKeepsTextAndShowsTerminalsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + "\u009b1m\u202e\x1b]0;\x7f\u2028<&>"
		line := encodeJSON(map[string]string{"text": text})
		for _, char := range string(line) {
			if unicode.IsControl(char) || acts(char) {
				t.Fatalf("%q holds %q", line, char)
			}
		}
		var back map[string]string
		if err := json.Unmarshal(line, &back); err != nil || back["text"] != text {
			t.Fatalf("%q came back as %q: %v", text, back["text"], err)
		}
	})
}

func TestColumns(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "日本": 4, "😀": 2, red("ab"): 2} {
		if got := columns(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}
