package config_test

import (
	"fmt"
	"io/fs"
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

// What is wrong with each of 1,200 teams is said once, with the names of the first of them.
func TestAFindingAboutEachTeamIsSaidOnce(t *testing.T) {
	const teams, named = 1_200, `"customer-00000\", \"customer-00001\", \"customer-00002\" and 1,197 more.`
	number := func(value string) string {
		var keys strings.Builder
		for i := range teams {
			fmt.Fprintf(&keys, "%s\"customer-%05d\": %s", map[bool]string{true: "{", false: ","}[i == 0], i, value)
		}
		return keys.String() + "}"
	}
	list := func(element string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(element+",", teams), ",") + "]"
	}
	columns := "  columns {\n    hash = [\"contact.email\"]\n    hash_key = each.KEY\n  }\n}\nexport \"team_users\""
	for name, test := range map[string]struct {
		text, data, want string
	}{
		"numbers":                    {agency, number("1"), "api_key must be text in quotes, not a number."},
		"nulls":                      {agency, number("null"), named},
		"a list of numbers":          {strings.Replace(agency, "each.value", "each.key", 1), list("1"), "This concerns elements 1, 2, 3 and 1,197 more."},
		"a list of one name":         {strings.Replace(agency, "api_key  = each.value", "simulate {}", 1), list(`"acme"`), "Team named twice"},
		"slashes in the names":       {agency, strings.ReplaceAll(number(`"Ab3"`), "customer-", "customer/"), "and 1,197 more."},
		"keys as names":              {agency, strings.ReplaceAll(number(`"acme"`), "customer-", "0123456789abcdef01234"), "(sensitive) and 1,197 more."},
		"one key":                    {agency, number(`"Ab3Cd4Ef5Gh6"`), "and 1,197 more."},
		"an empty key":               {agency, number(`""`), "Empty api_key"},
		"a key with a blank":         {agency, "", "White space around the API key"},
		"a variable for each":        {strings.Replace(agency, "each.value", `env("KEY_${each.key}")`, 1), "", "Environment variable is not set"},
		"a file for each":            {strings.Replace(agency, "each.value", `file("missing-${each.key}.txt")`, 1), "", "File not found"},
		"simulate":                   {strings.Replace(agency, "api_key  = each.value", "simulate {\n    users = each.key\n  }", 1), "", "Wrong type"},
		"simulate, numbers":          {strings.Replace(agency, "api_key  = each.value", "simulate {\n    users = replace(each.key, \"customer-\", \"1\")\n  }", 1), "", "Number out of range"},
		"a format":                   {strings.Replace(agency, `"merge"`, "each.key", 1), "", "Unknown mode"},
		"a destination":              {strings.Replace(agency, "s3://acme-lake/lemlist", "s4://acme-lake/lemlist", 1), "", "Unknown kind of destination"},
		"one destination":            {strings.Replace(agency, "team=${each.key}", `team=${replace(each.key, each.key, "")}`, 1), "", "Teams in the same place"},
		"a setting of a destination": {strings.Replace(agency, "?region=", "?${each.key}=", 1), "", "Unknown setting in the destination"},
		"a hash key":                 {strings.Replace(agency, "}\nexport \"team_users\"", strings.Replace(columns, "each.KEY", `"short-${each.key}"`, 1), 1), "", "Weak hash key"},
		"the value as hash key":      {strings.Replace(agency, "}\nexport \"team_users\"", strings.Replace(columns, "KEY", "value", 1), 1), "", "API key outside api_key"},
		"a column for each":          {strings.Replace(agency, "\"merge\"\n", "\"merge\"\n  columns {\n    exclude = [each.key, \"x\"]\n  }\n", 1), "", "Unknown column"},
	} {
		t.Run(name, func(t *testing.T) {
			in := manyTeams(teams)
			switch {
			case test.data != "":
				in.ReadFile = func(string, int) ([]byte, error) { return []byte(test.data), nil }
			case name == "a key with a blank":
				read := in.ReadFile
				in.ReadFile = func(name string, most int) ([]byte, error) {
					body, err := read(name, most)
					return []byte(strings.ReplaceAll(string(body), "\"\n", " \"\n")), err
				}
			case name == "a file for each":
				read := in.ReadFile
				in.ReadFile = func(name string, most int) ([]byte, error) {
					if strings.Contains(name, "missing") {
						return nil, fs.ErrNotExist
					}
					return read(name, most)
				}
			}
			_, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(test.text)}}, in)
			most := 1
			if name == "a column for each" {
				most = 2 // of each team
			}
			text := asJSON(t, diags)
			if errors := strings.Count(text, `"severity":"error"`); errors != most || len(diags) > most+2 || !strings.Contains(text, test.want) {
				t.Errorf("%d findings: %.2000s", len(diags), text)
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
