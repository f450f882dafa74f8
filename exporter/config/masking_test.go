package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

// ownWords are the words of the messages in the golden files.
func ownWords(t *testing.T) []string {
	t.Helper()
	goldens, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(goldens) < 100 {
		t.Fatalf("%d golden files, %v", len(goldens), err)
	}
	var words []string
	for _, name := range goldens {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(body), "\n") {
			if !strings.HasPrefix(line, "  \"") && !strings.HasPrefix(line, "  marks") && !strings.HasPrefix(line, "{") {
				words = append(words, regexp.MustCompile(`[A-Za-z_]{4,}`).FindAllString(line, -1)...)
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// A secret that is a word hides no word of a message.
func TestWordsOfMessagesAreNotMasked(t *testing.T) {
	const mistakes = `source "lemlist" {
  api_key = "SECRET"
  endpoint = "https://proxy.example/api"
  journal_max_age = "q5"
  retry { max_elapsed = 5 }
}
export "inbox_conversations" {
  destination = "s4://acme/lemlist"
  format      = "csv"
  mode        = "q4"
  columns {
    hash     = ["contact.email", "q6"]
    hash_key = "SECRET"
  }
  parquet { compression = "lzma" }
}
`
	texts := func(secret string) []string {
		_, diags := load(config.File{Name: "main.hcl", Bytes: []byte(strings.ReplaceAll(mistakes, "SECRET", secret))})
		var found []string
		for _, one := range diags {
			found = append(found, one.Summary+"|"+one.Detail+"|"+one.Address)
		}
		return found
	}
	want := texts("qqqqqqqq")
	if len(want) < 8 {
		t.Fatalf("only %d findings: %v", len(want), want)
	}
	for _, word := range ownWords(t) {
		if got := texts(word); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

// A word is hidden where the file is quoted, and so is a destination whose secret part is wrong.
func TestWhatIsQuotedHidesShortSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		text, hidden, shown string
	}{
		"a short key":       {strings.Replace(valid, `env("LEMLIST_API_KEY")`, `"short"`, 1) + "a = 1 # short\n", "short", "a = 1 # (sensitive)"},
		"no bucket":         {strings.Replace(valid, "./out", "s3://", 1), "", `destination = "s3://"`},
		"a bad bucket":      {strings.Replace(valid, "./out", "s3://-/lake", 1), "", `destination = "s3://-/lake"`},
		"a key in a bucket": {strings.Replace(valid, "./out", "s3://AKIA:hidden/part@/lake", 1), "hidden", "destination = "},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := load(config.File{Name: "main.hcl", Bytes: []byte(test.text)})
			var quoted strings.Builder
			for _, one := range diags {
				quoted.WriteString(one.Snippet.Code)
			}
			if !strings.Contains(quoted.String(), test.shown) || test.hidden != "" && strings.Contains(quoted.String(), test.hidden) {
				t.Errorf("got %s", quoted.String())
			}
		})
	}
}

// One mistake is one error: what only follows from it is not reported.
func TestOneMistakeIsOneError(t *testing.T) {
	in := func(source, export string) string {
		return "source \"lemlist\" {\n" + source + "\n}\nexport \"inbox_conversations\" {\n" + export + "\n}\n"
	}
	const key, out = `api_key = env("LEMLIST_API_KEY")`, `destination = "./out"`
	for text, summary := range map[string]string{
		in(key, out+"\nparquet {\n compression = \"zstdd\"\n compression_level = 3\n}"):                                            "Unknown compression",
		in(key, out+"\nlayout = \"versionned\"\nkeep = 3"):                                                                         "Unknown layout",
		in(key, out+"\nmode = \"append\"\nlayout = \"versioned\"\nkeep = 3"):                                                       "layout with append",
		in(key, out+"\nformat = \"parqet\"\nparquet {}"):                                                                           "Unknown format",
		in("api_key = each.value", "for_each = { acme = \"x\" }\ndestination = \"./out/${each.key}\""):                             "for_each outside a source",
		in("foreach = { acme = \"Ab3\" }\napi_key = each.value", "destination = \"./out/${each.key}\""):                            `Unknown attribute "foreach"`,
		"export \"inbox_conversations\" {\n destination = \"./${each.key}\"\n}\n":                                                  "Missing source",
		in(key, out+"\ncolumns {\n exclude = [\"contactt\"]\n}"):                                                                   "Unknown column",
		in(key, out+"\ncolumns {\n hash = [\"contact.emial\"]\n hash_key = env(\"LEMEXPORT_HASH_KEY\")\n}"):                        "Unknown column",
		strings.Replace(in(key, out+"\ncolumns {\n exclude = [\"recipient\"]\n}"), "inbox_conversations", "inboxes", 1):            "Unknown table \"inboxes\"",
		strings.Replace(in(key, out+"\nparquet {\n bloom_filter = [\"text\"]\n}"), "inbox_conversations", "inboxes", 1):            "Unknown table \"inboxes\"",
		in(key, out+"\ncolumns {\n exclude = [\"contactt\"]\n}") + "export \"inbox_conversations\" {\n destination = \"./b\"\n}\n": "Unknown column",
		in(key+"\nsimulate {}\nendpoint = \"http://127.0.0.1:1/api\"", out):                                                        "Both api_key and simulate",
		in("for_each = [\"a\", \"a\"]\nsimulate {}", "destination = \"./${each.key}\""):                                            "Team named twice",
		in("for_each = { \"a/b\" = null }\napi_key = each.value", "destination = \"./out/${each.key}\""):                           "Empty value",
		in(key, "destination = \"./short-lived\"\ncolumns {\n hash = [\"contact.email\"]\n hash_key = \"short\"\n}"):               "Weak hash key",
		in("api_key = var.kee", out) + "variable \"key\" {}\n":                                                                     `Unknown variable "kee"`,
	} {
		_, diags := load(config.File{Name: "main.hcl", Bytes: []byte(text)})
		var errors []string
		for _, one := range diags {
			if one.Severity == exporter.SeverityError {
				errors = append(errors, one.Summary)
			} else if summary == "Unknown column" {
				t.Errorf("a warning follows: %s", one.Summary)
			}
		}
		if len(errors) != 1 || errors[0] != summary {
			t.Errorf("got %q, want %q for\n%s", errors, summary, text)
		}
	}
}

// The URL of a heartbeat is a secret of its monitor, also where the file is broken.
func TestHeartbeatsAreNotQuoted(t *testing.T) {
	const secret = "https://monitor.example/ping/hidden"
	for name, text := range map[string]string{
		"main.hcl":      "source \"lemlist\" {\n  heartbeat { on_success = \"" + secret + "\" nonsense }\n}\n",
		"main.hcl.json": "{\"source\": {\"lemlist\": {\"heartbeat\": {\"on_failure\": \"" + secret + "\" 5}}}}",
	} {
		_, diags := load(config.File{Name: name, Bytes: []byte(text)})
		if shown := everything(t, exporter.Job{}, diags); !diags.HasErrors() || strings.Contains(shown, "hidden") {
			t.Errorf("%s: %s", name, shown)
		}
	}
}

// A for_each in an export is a mistake, and the rest of the export is quoted as it is.
func TestAMisplacedForEachHidesNothingElse(t *testing.T) {
	_, diags := load(config.File{Name: "main.hcl", Bytes: []byte("source \"lemlist\" {\n  simulate {}\n}\nexport \"inbox_conversations\" {\n  for_each    = { acme = \"Hidden-1-key\" }\n  destination = \"./lake\"\n  format      = \"csv\"\n}\nsource \"lemlist\" \"b\" {\n  users = [\"Hidden-2-key\", 5]\n}\n")})
	if shown := asJSON(t, diags); !strings.Contains(shown, `format      = \"csv\"`) || strings.Contains(shown, "Hidden") {
		t.Errorf("got %s", shown)
	}
}
