package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

// dashedKey is a literal key that is several words to most eyes.
const dashedKey = "zq9-Xv7.Lw2-Mp4+Rt6/Yb1=Nc"

// teamKeys begin the keys of the teams in testdata and in the environment.
const teamKeys = "Team-Key-"

// everything is all text that a caller could print of a result.
func everything(t *testing.T, job exporter.Job, diags exporter.Diagnostics) string {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v", job, job, job) + asJSON(t, job) + asJSON(t, diags) + fmt.Sprint(diags.Err())
	for _, d := range diags {
		text += fmt.Sprintf("%v %+v %#v", d, d, d)
		if d.Snippet != nil {
			text += fmt.Sprintf("%+v", *d.Snippet)
		}
	}
	return text
}

func checkSecret(t *testing.T, input string, job exporter.Job, diags exporter.Diagnostics) {
	t.Helper()
	shown := everything(t, job, diags)
	for _, secret := range []string{literalKey, dashedKey, environmentKey, hashKey, teamKeys} {
		if strings.Contains(shown, secret) {
			t.Errorf("the key %s is shown for\n%s\nin\n%s", secret, input, shown)
		}
	}
}

func TestNoGoldenCaseShowsAKey(t *testing.T) {
	for _, path := range cases(t) {
		jobs, diags := config.Load(readCase(t, path), inputs())
		for _, job := range append(jobs, exporter.Job{}) {
			checkSecret(t, path, job, diags)
		}
	}
}

// Every way to write the key, right or wrong, meets every kind of mistake around it.
func TestKeyIsNeverShown(t *testing.T) {
	keys := map[string]string{
		"literal":              `api_key = "KEY"`,
		"no equals sign":       `api_key "KEY"`,
		"colon":                `api_key: "KEY"`,
		"JSON":                 `"api_key": "KEY",`,
		"no quotes":            `api_key = KEY`,
		"single quotes":        `api_key = 'KEY'`,
		"curly quotes":         `api_key = “KEY”`,
		"backticks":            "api_key = `KEY`",
		"no closing quote":     `api_key = "KEY`,
		"no opening quote":     `api_key = KEY"`,
		"value on next line":   "api_key =\n  \"KEY\"",
		"equals on next line":  "api_key\n  = \"KEY\"",
		"heredoc":              "api_key = <<EOT\nKEY\nEOT",
		"indented heredoc":     "api_key = <<-EOT\n    KEY\n  EOT",
		"unclosed heredoc":     "api_key = <<EOT\nKEY\n",
		"parentheses":          "api_key = (\n  \"KEY\"\n)",
		"unclosed parenthesis": "api_key = (\n  \"KEY\"\n",
		"call over lines":      "api_key = join(\"\", [\n  \"KEY\",\n  1 + \"x\",\n])",
		"env of the key":       `api_key = env("KEY")`,
		"default of env":       `api_key = env("UNSET", "KEY")`,
		"unknown function":     `api_key = KEY("x")`,
		"function's argument":  `api_key = formatdate("YYYY", "KEY")`,
		"attribute of a name":  `api_key = x.KEY`,
		"number operation":     `api_key = 1 + "KEY"`,
		"conditional":          `api_key = true ? "KEY" : 1`,
		"interpolation":        `api_key = "${KEY}"`,
		"index":                `api_key = "x"["KEY"]`,
		"object":               `api_key = { KEY = "x", KEY = 5 }`,
		"list":                 `api_key = ["KEY"]`,
		"block":                "api_key {\n  KEY = \"KEY\"\n}",
		"label":                "api_key \"KEY\" {\n}",
		"misspelt":             `api_kye = "KEY"`,
		"run together":         `apikey = "KEY"`,
		"capitals":             `API_KEY = "KEY"`,
		"endpoint user":        `endpoint = "https://:KEY@api.lemlist.com"`,
		"endpoint query":       `endpoint = "https://api.lemlist.com?access_token=KEY"`,
		"environment":          `api_key = env("LEMLIST_API_KEY")`,
		"environment twisted":  `api_key = formatdate("YYYY", env("LEMLIST_API_KEY"))`,
		"environment as name":  `api_key = env(env("LEMLIST_API_KEY"))`,
		"elsewhere":            "api_key = \"KEY\"\n  users = [\"KEY\", \"usr_KEY\"]\n  endpoint = \"https://KEY.example\"",
		"map of teams":         "for_each = { acme = \"KEY\" }\n  api_key = each.value",
		"map in the wrong way": "for_each = { \"KEY\" = \"acme\" }\n  api_key = each.value",
		"list of teams":        "for_each = [\"KEY\"]\n  api_key = each.value",
		"list over lines":      "for_each = [\n  \"acme\",\n  \"KEY\",\n]\n  api_key = each.key",
		"nested map of teams":  "for_each = { acme = { key = \"KEY\" } }\n  api_key = each.value",
		"JSON of teams":        "for_each = jsondecode(\"{\\\"acme\\\": \\\"KEY\\\", }\")\n  api_key = each.value",
		"file":                 `api_key = file("KEY")`,
		"file with a folder":   `api_key = file("./KEY")`,
		"try":                  `api_key = try(env("KEY"), "KEY")`,
		"coalesce":             `api_key = coalesce("", "KEY")`,
		"unknown part of each": "for_each = { acme = \"KEY\" }\n  api_key = each.KEY",
		"environment moved":    `users = [env("LEMLIST_API_KEY"), lower(env("LEMLIST_API_KEY"))]`,
	}
	around := map[string]string{
		"nothing wrong":       "source \"lemlist\" {\n  HERE\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n",
		"text after":          "source \"lemlist\" {\n  HERE nonsense\n}\n",
		"brace after":         "source \"lemlist\" {\n  HERE }\n",
		"operator after":      "source \"lemlist\" {\n  HERE +\n}\n",
		"unclosed string":     "source \"lemlist\" {\n  endpoint = \"x\n  HERE\n}\n",
		"unclosed comment":    "source \"lemlist\" {\n  /* HERE\n}\n",
		"comment":             "source \"lemlist\" {\n  # HERE\n  users = 5\n}\n",
		"comment behind":      "source \"lemlist\" {\n  users = 5 # HERE\n}\n",
		"every team":          "source \"lemlist\" {\n  HERE\n}\nexport \"inbox_conversations\" {\n  destination = \"./${each.key}/${each.value}\"\n  format = each.value\n  source = each.value\n}\n",
		"second source":       "source \"lemlist\" \"acme\" {\n  HERE\n}\nsource \"lemlist\" \"Acme\" {\n  HERE\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n",
		"one line":            "source \"lemlist\" { HERE }\n",
		"twice":               "source \"lemlist\" {\n  HERE\n  users = []\n  HERE\n}\n",
		"outside":             "HERE\nsource \"lemlist\" {\n}\n",
		"in the export":       "export \"inbox_conversations\" {\n  HERE\n}\n",
		"in simulate":         "source \"lemlist\" {\n  simulate {\n    HERE\n  }\n}\n",
		"with simulate":       "source \"lemlist\" {\n  HERE\n  simulate {}\n}\n",
		"bad bytes":           "source \"lemlist\" {\n  HERE \xff\n}\n",
		"bad bytes before":    "source \"lemlist\" {\n\xff  HERE\n}\n",
		"unknown source":      "source \"x\" \"y\" {\n  HERE\n}\n",
		"end of file":         "source \"lemlist\" {\n  HERE",
		"byte order mark":     "\ufeffsource \"lemlist\" {\n  HERE x\n}\n",
		"Windows line breaks": "source \"lemlist\" {\r\n  HERE x\r\n}\r\n",
		"in the destination":  "source \"lemlist\" {\n  HERE\n}\nexport \"inbox_conversations\" {\n  destination = \"./KEY/${env(\"LEMLIST_API_KEY\")}\"\n  format = \"KEY\"\n}\n",
	}
	for keyName, key := range keys {
		for aroundName, frame := range around {
			t.Run(keyName+"/"+aroundName, func(t *testing.T) {
				for _, secret := range []string{literalKey, dashedKey} {
					input := strings.ReplaceAll(frame, "HERE", key)
					if strings.Contains(key, "LEMLIST_API_KEY") {
						// The key is in no file.
						input = strings.NewReplacer("KEY/", "x/", `"KEY"`, `"x"`).Replace(input)
					}
					input = strings.NewReplacer("LEMLIST_API_KEY", "LEMLIST_API_KEY", "API_KEY", "API_KEY", "KEY", secret).Replace(input)
					job, diags := load(config.File{Name: "main.hcl", Bytes: []byte(input)})
					checkSecret(t, input, job, diags)
					_, diags = config.Format([]byte(input), "main.hcl")
					checkSecret(t, input, exporter.Job{}, diags)
				}
			})
		}
	}
}

// A key of digits and letters is recognised by its shape where nothing names it.
func TestKeyShapedTextIsHidden(t *testing.T) {
	const key = "f123456789abcdef0123456789abcdef"
	_, diags := load(config.File{Name: "main.hcl", Bytes: []byte("source \"lemlist\" {\n  login = " + key + "\n}\nexport \"" + key + "\" {\n}\n")})
	if text := everything(t, exporter.Job{}, diags); strings.Contains(text, key) || len(diags) < 2 {
		t.Errorf("got %s", text)
	}
}

// A short key is not quoted either from where no key belongs.
func TestAShortKeyInAnOddPlaceIsNotShown(t *testing.T) {
	const key = "hunter2-Zq9"
	for name, body := range map[string]string{
		"a name":             `KEY = 1`,
		"part of a name":     `api_key_KEY = 1`,
		"a name in a block":  "simulate {\n    KEY = 2\n  }",
		"a block":            "KEY {\n  }",
		"a comment":          "foo = 1 // KEY",
		"a comment in words": "foo = 1 # for KEY, of the team",
		"a long comment":     "foo = 1 /* KEY */",
		"the end of a text":  "endpoint = <<KEY\nx\nKEY",
	} {
		t.Run(name, func(t *testing.T) {
			text := "source \"lemlist\" {\n  " + strings.ReplaceAll(body, "KEY", key) + "\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n"
			job, diags := load(config.File{Name: "main.hcl", Bytes: []byte(text)})
			if shown := everything(t, job, diags); len(diags) == 0 || strings.Contains(shown, key) || strings.Contains(shown, "Zq9") {
				t.Errorf("got %s", shown)
			}
		})
	}
	_, diags := load(config.File{Name: "main.hcl", Bytes: []byte("source lemlist " + key + " {\n}\n")})
	if shown := everything(t, exporter.Job{}, diags); strings.Contains(shown, key) {
		t.Errorf("a label: %s", shown)
	}
}

// What is no key stays readable in a source block.
func TestCommentsAndNamesAreShown(t *testing.T) {
	const line = "journal_max_age = 5 # 24h since 2024-01-31, see README.md and LEMLIST_API_KEY"
	_, diags := load(config.File{Name: "main.hcl", Bytes: []byte("source \"lemlist\" {\n  simulate {}\n  unknown_name = 1 # the sales team\n  " + line + "\n}\n")})
	if shown := everything(t, exporter.Job{}, diags); !strings.Contains(shown, "# the sales team") || !strings.Contains(shown, line) {
		t.Errorf("got %s", shown)
	}
}
