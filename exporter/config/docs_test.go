package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter/config"
)

// The configurations of docs/configuration.md and docs/monitoring.md are valid. What is a part of one is put into
// the rest of it.
func TestDocumentedConfigurationsAreValid(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	monitoring, err := os.ReadFile(filepath.Join("..", "..", "docs", "monitoring.md"))
	if err != nil {
		t.Fatal(err)
	}
	in := inputs()
	in.Env = func(name string) (string, bool) {
		if name == "LEMEXPORT_HEARTBEAT_URL" {
			return "https://monitor.example/token", true
		}
		if value, known := environment(name); known || !strings.HasPrefix(name, "LEMLIST_") {
			return value, known
		}
		return "value-of-" + name, true
	}
	in.Variables = []config.Variable{{Name: "lemlist_key", Value: "key-of-the-variable"}}
	in.ReadFile = func(name string, _ int) ([]byte, error) {
		if filepath.Ext(name) != ".json" {
			return []byte("content-of-" + filepath.Base(name)), nil
		}
		return regexp.MustCompile("(?s)```json\n(\\{\"acme.*?)```").FindSubmatch(page)[1], nil
	}
	blocks := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(string(page)+string(monitoring), -1)
	if len(blocks) < 6 {
		t.Fatalf("%d configurations", len(blocks))
	}
	var texts []string
	for _, block := range blocks {
		text := strings.ReplaceAll(block[1], "usr_…", "usr_a")
		switch {
		case strings.HasPrefix(text, "source"), strings.HasPrefix(text, "variable"):
			texts = append(texts, text)
		case strings.HasPrefix(text, "columns"):
			texts = append(texts, wrapped("destination = \"./out\"\n"+text))
		default:
			for line := range strings.Lines(text) { // one destination each
				if strings.HasPrefix(line, "destination") {
					texts = append(texts, wrapped(line))
				}
			}
		}
	}
	inJSON := regexp.MustCompile("(?s)```json\n(\\{\n  \"source\".*?)```").FindSubmatch(page)
	if inJSON == nil {
		t.Fatal("no configuration in JSON")
	}
	if jobs, diags := config.Load([]config.File{{Name: "main.hcl.json", Bytes: inJSON[1]}}, config.Inputs{Env: in.Env, ReadFile: in.ReadFile, Now: in.Now}); len(diags) > 0 || len(jobs) < 2 {
		t.Errorf("%d teams, %v in\n%s", len(jobs), diags, inJSON[1])
	}
	for _, text := range texts {
		in := in
		if !strings.HasPrefix(text, "variable") {
			in.Variables = nil
		}
		jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
		if diags.HasErrors() || len(jobs) == 0 {
			t.Errorf("%v\nin\n%s", diags, text)
		}
		if several := strings.Contains(text, "each.key"); several != (len(jobs) > 1) {
			t.Errorf("%d teams in\n%s", len(jobs), text)
		}
	}
}

// wrapped is a part of an export block in a whole configuration.
func wrapped(part string) string {
	return "source \"lemlist\" {\n  api_key = env(\"LEMLIST_API_KEY\")\n}\nexport \"inbox_conversations\" {\n" + part + "}\n"
}
