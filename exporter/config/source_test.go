package config

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

// at makes the range of the bytes from start to end; columns do not matter here.
func at(src string, start, end int) exporter.Range {
	line := func(i int) exporter.Pos {
		return exporter.Pos{Line: 1 + strings.Count(src[:i], "\n"), Byte: i}
	}
	return exporter.Range{Filename: "main.hcl", Start: line(start), End: line(end)}
}

func TestSnippetQuotesWholeLinesAndMarksTheRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.StringOf(rapid.RuneFrom([]rune("ab é👧\t\n{"))).Draw(t, "src")
		start := rapid.IntRange(0, len(src)).Draw(t, "start")
		end := rapid.IntRange(start, len(src)).Draw(t, "end")
		for start > 0 && start < len(src) && !utf8.RuneStart(src[start]) {
			start--
		}
		for end < len(src) && !utf8.RuneStart(src[end]) {
			end++
		}
		s := newSource(File{Name: "main.hcl", Bytes: []byte(src)}, 0)
		got := s.snippet(at(src, start, end))
		if strings.TrimSpace(src[start:end]) == "" {
			return // the place may be moved to the line above, see below
		}
		marked := got.Code[got.HighlightStart:got.HighlightEnd]
		if marked != strings.TrimSuffix(src[start:end], "\n") && marked != src[start:end] {
			t.Fatalf("marks %q, not %q", marked, src[start:end])
		}
		lines := strings.Split(src, "\n")[got.StartLine-1:]
		if !strings.HasPrefix(strings.Join(lines, "\n")+"\n", got.Code+"\n") {
			t.Fatalf("quotes %q from line %d", got.Code, got.StartLine)
		}
	})
}

func TestSnippetOfABlankLineIsTheEndOfTheLineAbove(t *testing.T) {
	src := "\na = {\r\n\n  \n"
	s := newSource(File{Name: "main.hcl", Bytes: []byte(src)}, 0)
	want := &exporter.Snippet{Code: "a = {", StartLine: 2, HighlightStart: 5, HighlightEnd: 5}
	if diff := cmp.Diff(want, s.snippet(at(src, len(src), len(src)))); diff != "" {
		t.Error(diff)
	}
	if got := s.snippet(at(src, 0, 0)); got != nil {
		t.Errorf("nothing is above, got %+v", got)
	}
}

func TestSnippetOfHiddenParts(t *testing.T) {
	tests := map[string]struct {
		src        string
		start, end int
		hide       exporter.TextSpan
		code, mark string
	}{
		"before":            {"abc def ghi", 0, 3, span(4, 7), "abc (sensitive) ghi", "abc"},
		"behind":            {"abc def ghi", 8, 11, span(4, 7), "abc (sensitive) ghi", "ghi"},
		"inside":            {"abc def ghi", 5, 6, span(4, 7), "abc (sensitive) ghi", "(sensitive)"},
		"around":            {"abc def ghi", 3, 8, span(4, 7), "abc (sensitive) ghi", " (sensitive) "},
		"into":              {"abc def ghi", 0, 5, span(4, 7), "abc (sensitive) ghi", "abc (sensitive)"},
		"out of":            {"abc def ghi", 5, 11, span(4, 7), "abc (sensitive) ghi", "(sensitive) ghi"},
		"from a line above": {"abc\ndef\nghi", 8, 9, span(1, 9), "(sensitive)hi", "(sensitive)"},
		"to a line below":   {"abc\ndef\nghi", 0, 1, span(1, 9), "a(sensitive)", "a"},
		"over lines":        {"abc\ndef\nghi", 0, 10, span(1, 9), "a(sensitive)hi", "a(sensitive)h"},
		"end of file":       {"abc def", 7, 7, span(4, 7), "abc (sensitive)", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSource(File{Name: "main.hcl", Bytes: []byte(test.src)}, 0)
			s.hide(test.hide)
			got := s.snippet(at(test.src, test.start, test.end))
			if got == nil || got.Code != test.code || got.Code[got.HighlightStart:got.HighlightEnd] != test.mark {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSnippetDropsWhatATerminalCouldActOn(t *testing.T) {
	src := "a = \"\x1b[31m\xff\"\r\nb"
	got := newSource(File{Name: "main.hcl", Bytes: []byte(src)}, 0).snippet(at(src, 4, len(src)-3))
	want := &exporter.Snippet{Code: "a = \"\uFFFD[31m\uFFFD\"", StartLine: 1, HighlightStart: 4, HighlightEnd: 16}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSensitiveSpans(t *testing.T) {
	tests := map[string]struct{ src, want string }{
		"a literal":                            {`api_key = "abc"`, `api_key = ▮`},
		"a comment behind":                     {"api_key = \"abc\" # old: xyz\nb = 1", "api_key = ▮\nb = 1"},
		"nothing in a plain call":              {`api_key = env("LEMLIST_API_KEY")`, `api_key = env("LEMLIST_API_KEY")`},
		"nothing in a plain call on one line":  {`source "lemlist" { api_key = env("LEMLIST_API_KEY") }`, `source "lemlist" { api_key = env("LEMLIST_API_KEY") }`},
		"what stands behind a plain call":      {`api_key = env("LEMLIST_API_KEY") # abc`, `api_key = env("LEMLIST_API_KEY") ▮`},
		"a call with a default":                {`api_key = env("LEMLIST_API_KEY", "abc")`, `api_key = ▮`},
		"a call with an implausible name":      {`api_key = env("abc")`, `api_key = ▮`},
		"nothing where another name is":        {`users = split(",", env("USER_KEYS"))`, `users = split(",", env("USER_KEYS"))`},
		"an expression to its end":             {"api_key = join(\"\", [\n\"abc\",\n])\nb = 1", "api_key = ▮\nb = 1"},
		"a heredoc to its end":                 {"api_key = <<A\nabc\nA\nb = 1", "api_key = ▮\nb = 1"},
		"an unclosed quote to the end of file": {"api_key = \"abc\nb = 1", "api_key = ▮"},
		"a value on the next line":             {"api_key =\n  \"abc\"\nb = 1", "api_key =\n  ▮\nb = 1"},
		"a token in a URL":                     {`destination = "s3://b?token=abc"`, `destination = "s3://b?▮`},
		"credentials in a URL":                 {`endpoint = "https://a:b/c@d/e"`, `endpoint = "https://▮@d/e"`},
		"the shape of a key":                   {`x = "0123456789abcdef01234567"`, `x = "▮"`},
		"no long word":                         {`x = "abcdefghijklmnopqrstuvwxyz"`, `x = "abcdefghijklmnopqrstuvwxyz"`},
		"no id":                                {`users = ["usr_abcdefghij1234567"]`, `users = ["usr_abcdefghij1234567"]`},
		"no default endpoint":                  {`endpoint = "https://api.lemlist.com/api"`, `endpoint = "https://api.lemlist.com/api"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			last := 0
			for _, s := range sensitiveSpans([]byte(test.src)) {
				got.WriteString(test.src[last:s.Start] + "▮")
				last = s.End
			}
			got.WriteString(test.src[last:])
			if got.String() != test.want {
				t.Errorf("got %q, want %q", got.String(), test.want)
			}
		})
	}
}
