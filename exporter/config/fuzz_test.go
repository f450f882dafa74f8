package config_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lemexport/lemexport/exporter/config"
)

// Whatever stands around a key, loading does not panic, shows no key, and every
// quoted line holds its highlight.
func FuzzLoad(f *testing.F) {
	f.Add("source \"lemlist\" {\n  ", "\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n")
	f.Add("source \"lemlist\" { ", " }")
	f.Add("x = <<EOT\n", "\nEOT\n")
	f.Add("/* ", "\r\n*/ users = [for a in [1] : a.b]")
	f.Add("source \"lemlist\" {\n users = [env(\"A\"), null, 1/0]\n", "}\n}")
	f.Add("source \"lemlist\" {\n endpoint = \"http://[::1\"\n simulate { users = 1e99999 }\n", "\n}\xff")
	f.Add("export \"inbox_conversations\" {\n destination = \"%{ if true }é%{ endif }\"\n", "\x00}")
	f.Add("export \"a\" \"b\" {\n destination = formatdate(\"'\", timestamp(null...))\n format = replace(\"a\", \"/(/\", \"b\")\n}", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		input := before + `api_key = "` + literalKey + `"` + after
		job, diags := load(config.File{Name: "main.hcl", Bytes: []byte(input)})
		checkSecret(t, input, job, diags)
		for _, d := range diags {
			if s := d.Snippet; s != nil && (s.HighlightStart < 0 || s.HighlightStart > s.HighlightEnd || s.HighlightEnd > len(s.Code) || !utf8.ValidString(s.Code)) {
				t.Errorf("bad snippet %+v", *s)
			}
			if d.Summary == "" || d.Detail == "" || strings.HasSuffix(d.Summary, ".") {
				t.Errorf("incomplete diagnostic %+v", d)
			}
		}
	})
}
