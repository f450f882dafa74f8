package decode

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// checkScan compares the scanner with encoding/json.
func checkScan(t interface {
	Helper()
	Fatalf(string, ...any)
}, text []byte) {
	t.Helper()
	start := scanSpace(text, 0)
	end, seen := scanValue(text, start, 0)
	if end < -1 || end > len(text) {
		t.Fatalf("ends at %d of %q", end, text)
	}
	if valid := end >= 0 && scanSpace(text, end) == len(text); valid != json.Valid(text) {
		t.Fatalf("valid: %v, encoding/json: %v: %q", valid, !valid, text)
	}
	if end < 0 {
		return
	}
	value := text[start:end]
	if !json.Valid(value) {
		t.Fatalf("no value: %q", value)
	}
	var compacted bytes.Buffer
	if err := json.Compact(&compacted, value); err != nil {
		t.Fatalf("%v: %q", err, value)
	}
	if is := compacted.Len() < len(value); is != (seen&spaced != 0) {
		t.Fatalf("white space: %v: %q", is, value)
	}
	if is := bytes.IndexByte(value, '\\') >= 0; is != (seen&escaped != 0) {
		t.Fatalf("backslash: %v: %q", is, value)
	}
	if is := !utf8.Valid(value); is != (seen&invalidUTF8 != 0) {
		t.Fatalf("not UTF-8: %v: %q", is, value)
	}
}

var scanned = []string{
	``, ` `, `null`, `nul`, `nulll`, `true`, `tru`, `false`, `fals`, `Null`, `0`, `-0`, `00`, `01`, `-`, `-a`, `+1`, `1.`, `.5`, `1.5`, `1.5.5`, `1e`, `1e5`, `1E+05`,
	`1e-`, `1.e5`, `0e0`, `-12.50e-07`, `1e400`, `18446744073709551616`, `0x1`, `1_0`, `NaN`, `Infinity`,
	`""`, `"`, `"a`, `"\`, `"\"`, `"\\"`, `"\a"`, `"\/"`, `"\b\f\n\r\t"`, `"\u"`, `"\u00"`, `"\u00e"`, `"\u00e9"`, `"\u00E9"`, `"\u00g9"`, `"\uD83D\uDE00"`, `"\uD83D"`, `"\u 123"`, `'a'`,
	"\"\x00\"", "\"\x1f\"", "\"\n\"", "\"\x7f\"", "\"\xff\"", "\"\xc3\xa9\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc0\xaf\"", "\"\xef\xbf\xbd\"", "\xef\xbb\xbf1", "\"\xf0\x9f\x98\x80\"",
	`"1234567"`, `"12345678"`, `"123456789"`, `"1234567\n9"`, "\"1234567\n9\"", "\"1234567\xff9\"", `"12345678`, `"!!!!!!!!!!!!!!!!"`, "\"\x20\x21\x20\x21\x20\x21\x20\x21\"", "\"\"\"\"\"\"\"\"\"\"",
	`[]`, `[`, `]`, `[ ]`, `[1]`, `[1 ]`, `[ 1]`, `[1,]`, `[,1]`, `[1,,2]`, `[1 2]`, `[1, 2]`, `[1 ,2]`, `[1}`, `[[]`, `[[]]`, "[\v]", "[\u00a0]",
	`{}`, `{`, `}`, `{ }`, `{"a"}`, `{"a":}`, `{"a":1}`, `{"a" :1}`, `{"a": 1}`, `{"a":1 }`, `{ "a":1}`, `{"a":1,}`, `{,"a":1}`, `{"a":1,"a":2}`, `{"a":1, "b":2}`, `{"a":1 ,"b":2}`, `{a:1}`, `{1:1}`,
	`{"a"1}`, `{"a"11}`, `{"a";1}`, `{"a",1}`, `{"a"::1}`, `{"a":1]`, `{"a":[}`, `{"a":1"b":2}`, `1 1`, `1,`, `{}{}`, `{"a":{"b":[{"c":null}]}}`, `// c`, `[1/**/]`,
}

func TestScannerTakesWhatTheStandardLibraryTakes(t *testing.T) {
	for _, text := range scanned {
		checkScan(t, []byte(text))
		checkScan(t, []byte("[\n"+text+"]"))
		checkScan(t, []byte(`{"a":`+text+`}`))
		checkScan(t, []byte(`{`+text+`:1}`))
	}
	for c := range 256 { // every byte at every place of eight, in and out of a string
		for i := range 18 {
			text := []byte(`"0123456789abcdef"`)
			text[i] = byte(c)
			checkScan(t, text)
		}
	}
	for _, depth := range []int{maxDepth - 1, maxDepth, maxDepth + 1} {
		checkScan(t, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
		checkScan(t, []byte(strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat("}", depth)))
	}
}

func TestScannerAgreesOnRandomTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(irregular.any(t, 4))
		checkScan(t, text)
		i := rapid.IntRange(0, len(text)-1).Draw(t, "where")
		text[i] = rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte(`{}[],:"\0e-. u`))).Draw(t, "byte")
		checkScan(t, text)
		checkScan(t, text[:i])
	})
}

func FuzzScan(f *testing.F) {
	for _, text := range scanned {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkScan(t, text) })
}
