package config_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

// jobsOf loads one file and gives its jobs as JSON.
func jobsOf(t *testing.T, name, text string) string {
	t.Helper()
	jobs, diags := config.Load([]config.File{{Name: name, Bytes: []byte(text)}}, inputs())
	if diags.HasErrors() {
		t.Fatalf("%s: %v in\n%s", name, diags, text)
	}
	return asJSON(t, jobs)
}

// A configuration means the same in both syntaxes.
func TestBothSyntaxesMeanTheSame(t *testing.T) {
	for native, inJSON := range map[string]string{
		"source \"lemlist\" {\n  simulate {\n    users = 2\n  }\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n": `{"source": {"lemlist": {"simulate": {"users": 2}}}, "export": {"inbox_conversations": {"destination": "./out"}}}`,
		"source \"lemlist\" \"acme\" {\n  api_key = env(\"ACME_KEY\")\n}\nsource \"lemlist\" \"beta\" {\n  api_key = env(\"BETA_KEY\")\n  users = [lower(\"USR_A\"), \"$${b}\"]\n}\nexport \"inbox_conversations\" {\n  destination = \"./out/${each.key}\"\n}\nexport \"team_users\" {\n  source = \"acme\"\n  destination = \"./é\"\n}\n": `{"//": "x", "source": [{"lemlist": {"acme": {"api_key": "${env(\"ACME_KEY\")}", "//": [1]}}}, {"lemlist": {"beta": {"api_key": "${env(\"BETA_KEY\")}", "users": ["${lower(\"USR_A\")}", "$${b}"]}}}],
			"export": {"inbox_conversations": {"destination": "./out/${each.key}"}, "team_users": [{"source": "acme", "destination": "./\u00e9"}]}}`,
		"source \"lemlist\" {\n  for_each = { acme = \"Ab3Cd\", (lower(\"BETA\")) = \"Ef6Gh\" }\n  api_key = each.value\n  simulate = null\n}\nexport \"inbox_conversations\" {\n  destination = \"./out/%{ if true }${each.key}%{ endif }\"\n  max_shrink = 0.25\n}\n": `{"source": {"lemlist": {"for_each": {"acme": "Ab3Cd", "${lower(\"BETA\")}": "Ef6Gh"}, "api_key": "${each.value}"}},
			"export": {"inbox_conversations": {"destination": "./out/%{ if true }${each.key}%{ endif }", "max_shrink": 25e-2}}}`,
		"variable \"n\" {\n  default = 3\n}\nlocals {\n  all = [var.n, 2]\n}\nsource \"lemlist\" {\n  simulate {\n    users = local.all[0]\n    rate_limit = false\n  }\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n": `{"variable": {"n": {"default": 3}}, "locals": [{"all": ["${var.n}", 2]}], "source": {"lemlist": {"simulate": [{"users": "${local.all[0]}", "rate_limit": false}]}}, "export": {"inbox_conversations": {"destination": "./out"}}}`,
	} {
		native = strings.Replace(native, "  simulate = null\n", "", 1)
		if diff := cmp.Diff(jobsOf(t, "main.hcl", native), jobsOf(t, "main.hcl.json", inJSON)); diff != "" {
			t.Errorf("(-native +JSON):\n%s", diff)
		}
	}
}

// A file of variables can be in JSON, and texts in it are templates as well.
func TestVariablesInAFileInJSON(t *testing.T) {
	in := inputs()
	in.VariableFiles = []config.File{{Name: "prod.json", Bytes: []byte(`{"folder": "${lower(\"PROD\")}"}`)}}
	jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(withVariable)}}, in)
	if len(jobs) != 1 || jobs[0].Exports[0].Destination != "./prod" {
		t.Errorf("got %+v, %v", jobs, diags)
	}
	in.VariableFiles[0].Bytes = []byte(`{"fodler": "x"}`)
	if _, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(withVariable)}}, in); !strings.Contains(asJSON(t, diags), `Did you mean \"folder\"?`) {
		t.Errorf("got %v", diags)
	}
}

// A key in a file in JSON is never shown, whatever is wrong with it or around it.
func TestKeyInJSONIsNeverShown(t *testing.T) {
	keys := map[string]string{
		"literal":             `"api_key": "KEY"`,
		"no colon":            `"api_key" "KEY"`,
		"equals sign":         `"api_key" = "KEY"`,
		"native":              `api_key = "KEY"`,
		"no quotes":           `"api_key": KEY`,
		"name without quotes": `api_key: "KEY"`,
		"single quotes":       `'api_key': 'KEY'`,
		"no closing quote":    `"api_key": "KEY`,
		"no opening quote":    `"api_key": KEY"`,
		"curly quotes":        `“api_key”: “KEY”`,
		"next line":           "\"api_key\":\n\n  \"KEY\"",
		"list":                `"api_key": ["KEY", ["KEY"]]`,
		"object":              `"api_key": {"KEY": "KEY"}`,
		"template":            `"api_key": "${KEY}"`,
		"text in a template":  `"api_key": "${lower(\"KEY\")}"`,
		"unknown function":    `"api_key": "${KEY(\"x\")}"`,
		"env of the key":      `"api_key": "${env(\"KEY\")}"`,
		"failing call":        `"api_key": "${formatdate(\"YYYY\", \"KEY\")}"`,
		"misspelt":            `"api_kye": "KEY"`,
		"in for_each":         `"for_each": {"acme": "KEY"}, "api_key": "${each.value}"`,
		"swapped":             `"for_each": {"KEY": "acme"}, "api_key": "${each.value}"`,
		"list of teams":       `"for_each": ["KEY"], "api_key": "${each.key}"`,
		"in users":            `"users": ["KEY", "usr_a"]`,
		"another name":        `"login": "KEY"`,
		"as a name":           `"KEY": 5`,
		"as a block":          `"simulate": {"KEY": "KEY"}`,
		"escaped name":        `"\u0061pi_key": "KEY"`,
		"comment":             `"//": "api_key = KEY", "users": 5`,
		"endpoint":            `"endpoint": "https://:KEY@api.lemlist.com", "api_key": "x"`,
		"twice":               `"api_key": "KEY", "api_key": "KEY"`,
		"environment":         `"api_key": "${env(\"LEMLIST_API_KEY\")}", "users": ["${env(\"LEMLIST_API_KEY\")}"]`,
		"broken escape":       `"api_key": "\KEY"`,
	}
	around := map[string]string{
		"nothing wrong":   `{"source": {"lemlist": {HERE}}, "export": {"inbox_conversations": {"destination": "./out"}}}`,
		"lines":           "{\n  \"source\": {\n    \"lemlist\": {\n      HERE\n    }\n  }\n}\n",
		"comma after":     `{"source": {"lemlist": {HERE,}}}`,
		"text after":      `{"source": {"lemlist": {HERE nonsense}}}`,
		"end of file":     `{"source": {"lemlist": {HERE`,
		"name":            `{"source": {"lemlist": {"acme": {HERE}}}, "export": {"inbox_conversations": {"destination": "./${each.key}/${each.value}", "format": "${each.value}"}}}`,
		"top":             `{HERE}`,
		"brackets before": `}]{"source": {"lemlist": }}} {HERE}}}`,
		"list":            `{"source": [HERE]}`,
		"in the export":   `{"export": {"inbox_conversations": {HERE}}}`,
		"unclosed before": "{\"source\": {\"lemlist\": {\"users\": \"x\n HERE}}}",
		"template before": `{"source": {"lemlist": {"users": "${1 +}", HERE}}}`,
		"bad bytes":       "{\"source\": {\"lemlist\": {\"users\": \"\xff\", HERE}}}",
		"byte order mark": "\ufeff{\"source\": {\"lemlist\": {HERE, \"foo\": 1}}}",
		"destination":     `{"source": {"lemlist": {HERE}}, "export": {"inbox_conversations": {"destination": "./KEY", "format": "KEY"}}}`,
	}
	for keyName, key := range keys {
		for aroundName, frame := range around {
			if keyName == "another name" && slices.Contains([]string{"in the export", "top", "list", "brackets before"}, aroundName) {
				continue // nothing tells it from another text
			}
			for _, secret := range []string{literalKey, dashedKey} {
				if strings.Contains(key, "LEMLIST_API_KEY") {
					frame = strings.ReplaceAll(frame, "KEY", "x")
				}
				input := strings.NewReplacer("LEMLIST_API_KEY", "LEMLIST_API_KEY", "KEY", secret).Replace(strings.ReplaceAll(frame, "HERE", key))
				job, diags := load(config.File{Name: "main.hcl.json", Bytes: []byte(input)})
				if shown := everything(t, job, diags); strings.Contains(shown, secret) || strings.Contains(shown, environmentKey) {
					t.Fatalf("%s/%s: a key is shown for\n%s\nin\n%s", keyName, aroundName, input, asJSON(t, diags))
				}
			}
		}
	}
}

// What is no secret stays readable.
func TestHarmlessPartsOfJSONAreShown(t *testing.T) {
	for _, line := range []string{
		`"api_key": "${env(\"UNSET\")}"`,
		`"for_each": "${jsondecode(file(\"missing.json\"))}"`,
		`"users": ["usr_a", "usr_b", 7]`,
		`"endpoint": "http://10.0.0.1/api"`,
		`"journal_max_age": "1s"`,
		`"for_each": ["acme", "a/b"]`,
	} {
		_, diags := load(config.File{Name: "main.hcl.json", Bytes: []byte("{\"source\": {\"lemlist\": {\n" + line + "\n}}}")})
		if !diags.HasErrors() || !strings.Contains(everything(t, exporter.Job{}, diags), fmt.Sprintf("%q", line)[1:20]) || strings.Contains(asJSON(t, diags), exporter.Redacted) {
			t.Errorf("%s: %s", line, asJSON(t, diags))
		}
	}
}

// What could exhaust the memory or the stack is refused.
func TestHostileFilesInJSONAreErrors(t *testing.T) {
	const most = 64 << 10
	fill := func(start, middle, end string) string {
		return start + strings.Repeat(middle, (most-len(start)-len(end))/len(middle)) + end
	}
	value := func(text string) string { return `{"source": {"lemlist": {"users": ` + text + `}}}` }
	for name, text := range map[string]string{
		"too large":             `{"//": "` + strings.Repeat("a", most) + `"}`,
		"brackets":              fill("", "[", ""),
		"objects":               fill("", `{"a":`, ""),
		"templates":             value(fill(`"`, "${\\\"", `"`)[:most-100] + `"`),
		"negations":             value(`"${` + strings.Repeat("!", 2000) + `true}"`),
		"sums in many texts":    value("[" + strings.TrimSuffix(strings.Repeat(`"${1+1+1+1+1+1+1+1+1}",`, 200), ",") + "]"),
		"nested replaces":       value(`"${` + strings.Repeat(`replace(`, 60) + `"` + "aaaaaaaa" + `"` + strings.Repeat(`, \"a\", \"aaaaaaaaaaaaaaaa\")`, 60) + `}"`),
		"growing text":          value(`"${` + strings.Repeat(`replace(`, 12) + `\"aaaaaaaa\"` + strings.Repeat(`, \"a\", \"aaaaaaaaaaaaaaaa\")`, 12) + `}"`),
		"a large number":        value("1e999999999"),
		"a number as a text":    value(`["${format(\"%d\", 1e300)}", "${1e999999999}"]`),
		"long names":            `{"source": {"lemlist": ` + strings.Repeat(`{"`+strings.Repeat("n", 600)+`": `, 90) + `[` + strings.TrimSuffix(strings.Repeat("1,", 3000), ",") + `]` + strings.Repeat("}", 90) + `}}`,
		"no end":                `{"source": `,
		"two values":            `{} {}`,
		"null":                  `null`,
		"nothing":               ``,
		"numbers for labels":    `{"source": 5, "export": [5], "variable": "x", "locals": 7}`,
		"numbers for bodies":    `{"source": {"lemlist": 5}, "export": {"inbox_conversations": null}}`,
		"empty lists of blocks": `{"source": [], "export": {"inbox_conversations": []}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, diags := load(config.File{Name: "main.hcl.json", Bytes: []byte(text)})
			runtime.ReadMemStats(&after)
			if !diags.HasErrors() {
				t.Error("accepted")
			}
			if after.TotalAlloc-before.TotalAlloc > 256<<20 {
				t.Errorf("%d MiB were allocated", (after.TotalAlloc-before.TotalAlloc)>>20)
			}
		})
	}
}

// Every place that is reported is in the file, and a highlight is what it is about.
func TestPlacesInJSON(t *testing.T) {
	const text = "{\n  \"//\": \"é\",\n  \"source\": {\"lemlist\": {\"api_key\": \"${env(\\\"LEMLIST_API_KEY\\\")}\", \"users\": [ \"usr_é\" , 5 ]}},\n  \"export\": {\"inbox_conversations\": {\"format\"  :  \"csv\",\"destination\":\"./out\"}}}"
	_, diags := load(config.File{Name: "main.hcl.json", Bytes: []byte(text)})
	want := map[string]string{"Wrong type": "5", "Unknown format": `"csv"`}
	for _, one := range diags {
		marked := text[one.Range.Start.Byte:one.Range.End.Byte]
		if expected, ok := want[one.Summary]; ok && (marked != expected || one.Snippet.Code[one.Snippet.HighlightStart:one.Snippet.HighlightEnd] != expected) {
			t.Errorf("%s marks %q, %+v", one.Summary, marked, one.Snippet)
		}
		delete(want, one.Summary)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v in %v", want, diags)
	}
}

// fmt leaves JSON alone and says so.
func TestFormatLeavesJSONAlone(t *testing.T) {
	const text = `{ "source":{} }`
	formatted, diags := config.Format([]byte(text), "main.hcl.json")
	if string(formatted) != text || len(diags) != 1 || diags.HasErrors() || !strings.Contains(diags[0].Detail, "main.hcl.json is in JSON") {
		t.Errorf("got %s, %v", formatted, diags)
	}
}

// Whatever stands around a key in JSON, loading does not panic and does not show it.
func FuzzLoadJSONFile(f *testing.F) {
	f.Add(`{"source": {"lemlist": {`, `}}}`)
	f.Add(`{"source": {"lemlist": {"users": ["${1`, `}"]}}}`)
	f.Add("{\"a\": \"\n", "")
	f.Add("}", "0")
	f.Fuzz(func(t *testing.T, before, after string) {
		input := before + `"api_key": "` + literalKey + `"` + after
		job, diags := load(config.File{Name: "main.hcl.json", Bytes: []byte(input)})
		checkSecret(t, input, job, diags)
		for _, d := range diags {
			if s := d.Snippet; s != nil && (s.HighlightStart < 0 || s.HighlightStart > s.HighlightEnd || s.HighlightEnd > len(s.Code)) {
				t.Errorf("bad snippet %+v", *s)
			}
		}
		if json.Valid([]byte(input)) && strings.Contains(asJSON(t, diags), "This is not JSON: invalid character") {
			t.Errorf("valid JSON is refused: %v for %s", diags, input)
		}
	})
}
