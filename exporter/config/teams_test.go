package config_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/config"
)

// manyTeams are the inputs of a configuration with so many teams in keys.json.
func manyTeams(teams int) config.Inputs {
	var keys strings.Builder
	for i := range teams {
		fmt.Fprintf(&keys, "%s\n  \"customer-%05d\": \"%032x\"", map[bool]string{true: "{", false: ","}[i == 0], i, i+1)
	}
	in := inputs()
	in.ReadFile = func(string, int) ([]byte, error) { return []byte(keys.String() + "\n}\n"), nil }
	return in
}

const agency = `source "lemlist" {
  for_each = jsondecode(file("/run/secrets/lemlist.json"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist/team=${each.key}?region=eu-west-3"
  mode        = "merge"
}
export "team_users" {
  destination = format("s3://acme-lake/users/%s/%s?region=eu-west-3", lower(each.key), formatdate("YYYY", timestamp()))
}
`

// An agency has thousands of teams: all of them are loaded, and a finding about each of them is one
// finding.
func TestTenThousandTeamsAreLoaded(t *testing.T) {
	const teams = 10_000
	in := manyTeams(teams)
	for name, text := range map[string]string{
		"valid":          agency,
		"with a warning": strings.Replace(agency, `"merge"`, "\"merge\"\n  columns {\n    exclude = [\"contact\"]\n  }", 1),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
			t.Logf("%d teams in %v", len(jobs), time.Since(start))
			if len(jobs) != teams || diags.HasErrors() || (name == "valid") != (len(diags) == 0) || len(diags) > 1 {
				t.Fatalf("%d jobs, %v", len(jobs), diags)
			}
			last := jobs[teams-1]
			if last.Team != "customer-09999" || last.Source.APIKey.Reveal() != fmt.Sprintf("%032x", teams) || last.Exports[0].Destination != "s3://acme-lake/lemlist/team=customer-09999?region=eu-west-3" {
				t.Errorf("got %+v", last)
			}
		})
	}
}

// The values of many teams together are limited as well.
func TestHostileTeamsTakeLittleMemory(t *testing.T) {
	long := strings.Repeat("a", 60)
	for name, test := range map[string]struct{ text, data, want string }{
		"a large value for each team": {strings.Replace(agency, "lower(each.key)", `replace(replace(replace("`+long+`", "a", "`+long+`"), "a", "`+long+`"), "a", each.key)`, 1), "", "takes too much memory"},
		"too many teams":              {agency, "{" + strings.TrimSuffix(strings.Join(manyNames(20_001), ","), ",") + "}", "Too many teams"},
		"a file of numbers":           {agency, "[" + strings.Repeat("1,", 1<<20) + "1]", "takes too much memory"},
		"a file of brackets":          {agency, strings.Repeat("[", 1<<20), "nested more than 100 levels"},
		"a file without an end":       {agency, strings.Repeat(" ", 8<<20), "more than 4 MiB"},
		"tries in tries":              {strings.Replace(agency, "each.value", strings.Repeat("try(", 40)+"each.value"+strings.Repeat(")", 40), 1), "", "takes too much memory"},
	} {
		t.Run(name, func(t *testing.T) {
			in := manyTeams(1000)
			if test.data != "" {
				in.ReadFile = func(_ string, most int) ([]byte, error) { return []byte(test.data)[:min(len(test.data), most)], nil }
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(test.text)}}, in)
			runtime.ReadMemStats(&after)
			if text := asJSON(t, diags); !strings.Contains(text, test.want) {
				t.Errorf("got %s", text)
			}
			if after.TotalAlloc-before.TotalAlloc > 512<<20 {
				t.Errorf("%d MiB were allocated", (after.TotalAlloc-before.TotalAlloc)>>20)
			}
		})
	}
}

func manyNames(teams int) []string {
	names := make([]string, teams)
	for i := range names {
		names[i] = fmt.Sprintf(`"t%d":"k%d"`, i, i)
	}
	return names
}

// Each team has its own key, and the exports of the source that they name.
func TestTeamsHaveTheirKeysAndExports(t *testing.T) {
	for path, want := range map[string]string{
		"valid-teams-of-a-file":                                 "Café Noir=Team-Key-Cafe-33 acme=Team-Key-Acme-11 beta=Team-Key-Beta-22",
		"valid-teams-of-the-environment":                        "acme=Team-Key-Acme-11 beta=Team-Key-Beta-22",
		"valid-teams-as-a-list":                                 "acme=Team-Key-Acme-11 beta=Team-Key-Beta-22",
		"valid-teams-as-a-set":                                  "acme=Team-Key-acme-File beta=Team-Key-beta-File",
		"valid-teams-of-pairs-in-the-environment":               "acme=Team-Key-Acme-11 beta=Team-Key-Beta-22",
		"valid-teams-a-value-beside-the-key-is-no-secret":       "acme=Team-Key-Acme-11",
		"valid-teams-a-variable-that-only-selects-is-no-secret": "ACME=Team-Key-Acme-11",
		"valid-teams-with-sources-of-their-own":                 "acme=Team-Key-Acme-11 beta=Team-Key-Beta-22",
		"valid-teams-coalesce-and-try":                          "Café Noir=Team-Key-Cafe-33 acme=Team-Key-Acme-11 beta=Team-Key-Beta-22",
	} {
		jobs, diags := config.Load(readCase(t, filepath.Join("testdata", path+".hcl")), inputs())
		var got []string
		for _, job := range jobs {
			got = append(got, job.Team+"="+job.Source.APIKey.Reveal())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, %v", path, got, diags)
		}
		if path == "valid-teams-with-sources-of-their-own" && (len(jobs) != 2 || len(jobs[0].Exports) != 1 || len(jobs[1].Exports) != 2) {
			t.Errorf("%s: other exports: %+v", path, jobs)
		}
	}
}
