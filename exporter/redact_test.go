package exporter_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

const (
	redactedKey = "5b301A7ed0f4c2Q9x8e6d7cafeB1Zk03"
	shownAs     = "(sensitive)"
)

// forms are the ways in which a text repeats a part of a key.
var forms = map[string]func(part string) string{
	"plain":                 func(p string) string { return p },
	"upper case":            strings.ToUpper,
	"lower case":            strings.ToLower,
	"mixed case":            swapEverySecond,
	"hexadecimal":           func(p string) string { return hex.EncodeToString([]byte(p)) },
	"hexadecimal, capitals": func(p string) string { return strings.ToUpper(hex.EncodeToString([]byte(p))) },
	"hexadecimal, an odd number of digits before": func(p string) string { return "7" + hex.EncodeToString([]byte(p)) },
	"hexadecimal with colons":                     func(p string) string { return fmt.Sprintf("% x", p) },
	"hexadecimal of mixed case":                   func(p string) string { return hex.EncodeToString([]byte(swapEverySecond(p))) },
	"percent-encoded":                             func(p string) string { return escapeEvery(p, 1, "%%%02X") },
	"percent-encoded in part":                     func(p string) string { return escapeEvery(p, 3, "%%%02x") },
	"percent-encoded twice":                       func(p string) string { return url.QueryEscape(escapeEvery(p, 1, "%%%02X")) },
	"quoted-printable":                            func(p string) string { return escapeEvery(p, 2, "=%02X") },
	"escaped as in JSON":                          func(p string) string { return escapeEvery(p, 1, `\u%04x`) },
	"escaped as in JSON, twice":                   func(p string) string { return jsonText(escapeEvery(p, 1, `\u%04x`)) },
	"escaped as in C":                             func(p string) string { return escapeEvery(p, 2, `\x%02x`) },
	"in octal digits":                             func(p string) string { return escapeEvery(p, 1, `\%03o`) },
	"HTML entities":                               func(p string) string { return escapeEvery(p, 1, "&#%d;") },
	"HTML entities without semicolons":            func(p string) string { return escapeEvery(p, 4, "&#x%x;") },
	"base64":                                      func(p string) string { return base64.StdEncoding.EncodeToString([]byte(p)) },
	"base64 behind one byte":                      func(p string) string { return base64.StdEncoding.EncodeToString([]byte(":" + p)) },
	"base64 behind two bytes":                     func(p string) string { return base64.RawURLEncoding.EncodeToString([]byte("a:" + p)) },
	"base64 behind other letters":                 func(p string) string { return "token" + base64.RawStdEncoding.EncodeToString([]byte(p)) },
	"base64 in lower case":                        func(p string) string { return strings.ToLower(base64.StdEncoding.EncodeToString([]byte(":" + p))) },
	"base64 of mixed case":                        func(p string) string { return base64.URLEncoding.EncodeToString([]byte(swapEverySecond(p))) },
	"base64 of UTF-16":                            func(p string) string { return base64.StdEncoding.EncodeToString([]byte(spread(p, "\x00"))) },
	"base64 in lines":                             func(p string) string { return spread(base64.StdEncoding.EncodeToString([]byte(p)), "\r\n") },
	"base64 twice": func(p string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(p))))
	},
	"hexadecimal in base64":   func(p string) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString([]byte(p)))) },
	"base64, percent-encoded": func(p string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(":" + p))) },
	"torn by blanks":          func(p string) string { return spread(p, " ") },
	"torn by line breaks":     func(p string) string { return spread(p, "\r\n") },
	"torn by no-break spaces": func(p string) string { return spread(p, "\u00a0") },
	"torn by nothing seen":    func(p string) string { return spread(p, "\u200b") },
	"torn by joiners":         func(p string) string { return spread(p, "\u2060\u034f\ufe0f") },
	"torn by marks":           func(p string) string { return spread(p, "\u0301") },
	"torn by control bytes":   func(p string) string { return spread(p, "\x00") },
	"torn by bad bytes":       func(p string) string { return spread(p, "\xff") },
	"torn by hyphens":         func(p string) string { return spread(p, "-") },
	"torn by escaped nothing": func(p string) string { return spread(p, "%E2%80%8B") },
	"torn by tags":            func(p string) string { return spread(p, "<wbr>") },
	"in tags":                 func(p string) string { return escapeEvery(p, 1, `<b class="x">%c</b>`) },
	"torn by colours":         func(p string) string { return spread(p, "\x1b[1;31m") },
	"numbers":                 func(p string) string { return escapeEvery(p, 1, "%d, ") },
	"numbers in base64":       func(p string) string { return base64.StdEncoding.EncodeToString([]byte(escapeEvery(p, 1, "%d "))) },
	"digits of other scripts": func(p string) string { return strings.Map(arabic, p) },
	"wide letters":            func(p string) string { return strings.Map(wide, p) },
	"letters of formulas":     func(p string) string { return strings.Map(formula, p) },
}

func swapEverySecond(text string) string {
	out := []rune(text)
	for i := range out {
		if i%2 == 0 {
			out[i] = unicode.ToUpper(out[i])
		} else {
			out[i] = unicode.ToLower(out[i])
		}
	}
	return string(out)
}

func escapeEvery(text string, nth int, form string) string {
	var out strings.Builder
	for i := range len(text) {
		if i%nth == 0 {
			fmt.Fprintf(&out, form, text[i])
		} else {
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

func jsonText(text string) string {
	quoted, _ := json.Marshal(text)
	return strings.Trim(string(quoted), `"`)
}

func spread(text, between string) string { return strings.Join(strings.Split(text, ""), between) }

func wide(char rune) rune { return char - '!' + '\uFF01' }

func arabic(char rune) rune {
	if char >= '0' && char <= '9' {
		return char - '0' + '\u0660'
	}
	return char
}

func formula(char rune) rune {
	switch {
	case char >= 'a' && char <= 'z':
		return char - 'a' + 0x1D41A
	case char >= 'A' && char <= 'Z':
		return char - 'A' + 0x1D400
	}
	return char - '0' + 0x1D7CE
}

// Every eight characters of a key are hidden in every form, and what stands around them is not.
func TestEveryEightCharactersOfAKeyAreHidden(t *testing.T) {
	redactor := exporter.NewRedactor(exporter.NewSecret("another secret"), exporter.NewSecret(redactedKey))
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			for length := 8; length <= len(redactedKey); length++ {
				for from := 0; from+length <= len(redactedKey); from++ {
					part := form(redactedKey[from : from+length])
					text := "no user ~" + part + "~ !!"
					got := redactor.Secrets(text)
					if rest := strings.ReplaceAll(got, shownAs, ""); !strings.Contains(got, shownAs) || len(rest) > len("no user ~~ !!")+len(part)/2 && length > 8 {
						t.Fatalf("%q becomes %q", text, got)
					}
					if !strings.HasPrefix(got, "no user ~") || !strings.HasSuffix(got, "~ !!") {
						t.Fatalf("%q loses its words: %q", text, got)
					}
				}
			}
		})
	}
}

// What is left of a text never holds eight characters of the key, wherever they stand.
func TestNothingOfAKeyIsLeft(t *testing.T) {
	redactor := exporter.NewRedactor(exporter.NewSecret(redactedKey))
	names := make([]string, 0, len(forms))
	for name := range forms {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		around := rapid.StringMatching(`[a-zA-Z0-9 /=+%&\\#;.é-]{0,40}`)
		var text strings.Builder
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			from := rapid.IntRange(0, len(redactedKey)-8).Draw(t, "from")
			length := rapid.IntRange(8, len(redactedKey)-from).Draw(t, "length")
			text.WriteString(around.Draw(t, "around") + "|" + forms[rapid.SampledFrom(names).Draw(t, "form")](redactedKey[from:from+length]) + "|")
		}
		got := redactor.Secrets(text.String())
		if !strings.Contains(got, shownAs) || len(redactor.Spans(strings.ReplaceAll(got, shownAs, "~~~~"))) > 0 {
			t.Fatalf("%q becomes %q", text.String(), got)
		}
	})
}

func TestTextsWithoutAKeyAreNotChanged(t *testing.T) {
	redactor := exporter.NewRedactor(exporter.NewSecret(redactedKey), exporter.NewSecret("00000000000000001111111111111111"))
	for _, text := range []string{
		"", "Bad team", "GET /inbox?userId=usr_abc&page=2: 502 Bad Gateway", "2024-01-01T00:00:00.000000Z", "5b301a7 and ed0f4c2",
		`{"error":{"code":"USER_NOT_IN_TEAM","message":"User not in team"}}`, "s3://lake/acme: the server answered 404 NoSuchBucket",
		"é%zz&#x;\\u12 \xff =", "0000000-0000-0000", "01f4c2e8-7b6a-4d1c-9e0f-3a2b1c0d9e8f",
	} {
		if got := redactor.Secrets(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([g-wG-W ]{0,8}[%&\\=#;x0-9]{0,3}){0,20}`)).Draw(t, "text")
		if got := redactor.Secrets(text); got != text {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
	if nothing := exporter.NewRedactor(exporter.NewSecret(""), exporter.NewSecret("abc")); nothing.Secrets("is abc") != "is abc" {
		t.Error("a secret of three characters is searched for")
	}
	var none *exporter.Redactor
	if none.Secrets("x") != "x" || none.Text("https://a/?b=c") != "https://a/?(sensitive)" {
		t.Error("a redactor that knows nothing hides something else than queries")
	}
}

func TestShortAndOddSecrets(t *testing.T) {
	for secret, texts := range map[string]map[string]string{
		"pa5s":               {"is pa5s": "is " + shownAs, "is P A5s!": "is " + shownAs + "!", "is pa5": "is pa5"},
		"sésame!":            {"is sésame!": "is " + shownAs, "is se\u0301same!": "is " + shownAs, "is s%C3%A9same!": "is " + shownAs},
		`5e/c+r&t "Key"<7f>`: {"x 5e%2Fc%2Br%26t%20%22Key%22%3C7f%3E x": "x " + shownAs + " x", `5e\/c+r&amp;t \"Key\"`: shownAs},
	} {
		redactor := exporter.NewRedactor(exporter.NewSecret(secret))
		for text, want := range texts {
			if got := redactor.Secrets(text); got != want {
				t.Errorf("%q becomes %q instead of %q", text, got, want)
			}
		}
	}
}

func TestQueriesOfURLsAreNotShown(t *testing.T) {
	redactor := exporter.NewRedactor()
	for text, want := range map[string]string{
		"see https://a.example/x?k=hunter2&l=3 now":     "see https://a.example/x?(sensitive) now",
		"see https://a.example/x?hunter2":               "see https://a.example/x?(sensitive)",
		"to https://me:hunter2@a.example/x":             "to https://(sensitive)@a.example/x",
		"to https://hunter2@a.example?x#y":              "to https://(sensitive)@a.example?(sensitive)",
		`{"to":"https:\/\/a.example\/?k=hunter2"}`:      `{"to":"https:\/\/a.example\/?(sensitive)"}`,
		"at /login?next=%2Fx%3Fk%3Dhunter2.":            "at /login?(sensitive)",
		"u=https%3A%2F%2Fa.example%2F%3Fk%3Dhunter2":    "u=https%3A%2F%2Fa.example%2F%3F(sensitive)",
		"https://a.example/cb#access_token=hunter2":     "https://a.example/cb#(sensitive)",
		"Really? Yes: a=b, https://a.example/x is fine": "Really? Yes: a=b, https://a.example/x is fine",
	} {
		if got := redactor.Text(text); got != want {
			t.Errorf("%q becomes %q instead of %q", text, got, want)
		}
	}
}

// The time grows with the text alone: 64 KiB of escapes inside escapes take no longer
// than a multiple of what their length explains.
func TestRedactingIsBounded(t *testing.T) {
	redactor := exporter.NewRedactor(exporter.NewSecret(redactedKey))
	for _, piece := range []string{"%2525252541", "&amp;amp;amp;", `\\\\\\u005c`, "QUJD", "616263", "a\u0301", strings.Repeat("=", 7)} {
		steps := func(kib int) float64 {
			text := strings.Repeat(piece, kib<<10/len(piece))
			return testing.AllocsPerRun(1, func() { _ = redactor.Secrets(text) })
		}
		if small, large := steps(1), steps(16); large > 40*small+1000 {
			t.Errorf("%q: %.0f allocations for 1 KiB, %.0f for 16", piece, small, large)
		}
	}
}

func FuzzRedactor(f *testing.F) {
	redactor := exporter.NewRedactor(exporter.NewSecret(redactedKey))
	for _, seed := range []string{"", "%35b%3", "\\u00", "&#5;&amp", "=5=", "\xff\xc3", "QUJD====", "0x5b"} {
		f.Add(seed, 5)
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		at = min(max(at, 0), len(text))
		got := redactor.Text(text[:at] + redactedKey + text[at:])
		if strings.Contains(strings.ToLower(got), strings.ToLower(redactedKey[:8])) || !strings.Contains(got, shownAs) {
			t.Errorf("%q shows the key", got)
		}
	})
}
