package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

// The value of a team may be of any type, and keeps it.
func TestTheValueOfATeamKeepsItsType(t *testing.T) {
	for name, test := range map[string]struct{ forEach, source, destination string }{
		"numbers":  {`{ acme = 3, beta = 4 }`, `simulate { users = each.value }`, `./out/${each.key}`},
		"booleans": {`{ acme = true, beta = false }`, `simulate { users = each.value ? 3 : 4 }`, `./out/${each.key}`},
		"objects":  {`{ acme = { n = 3, at = "a" }, beta = { n = 4, at = "b" } }`, `simulate { users = each.value.n }`, `./out/${each.key}/${each.value.at}`},
		"lists":    {`{ acme = [3], beta = [4] }`, `simulate { users = each.value[0] }`, `./out/${each.key}`},
		"mixed":    {`{ acme = 3, beta = "4" }`, `simulate { users = each.value == 3 ? 3 : 4 }`, `./out/${each.key}`},
	} {
		t.Run(name, func(t *testing.T) {
			text := "source \"lemlist\" {\n  for_each = " + test.forEach + "\n  " + strings.NewReplacer("{ ", "{\n", " }", "\n}").Replace(test.source) +
				"\n}\nexport \"inbox_conversations\" {\n  destination = \"" + test.destination + "\"\n}\n"
			jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, inputs())
			if len(diags) > 0 || len(jobs) != 2 || jobs[0].Source.Simulate.Users != 3 || jobs[1].Source.Simulate.Users != 4 {
				t.Errorf("%+v, %+v", jobs, diags)
			}
		})
	}
}

func TestAMissingAttributeOfATeamIsNamed(t *testing.T) {
	const text = `source "lemlist" {
  for_each = jsondecode(env("TEAMS"))
  api_key  = each.value.key
  users    = each.value.users
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
`
	in := inputs()
	in.Env = func(string) (string, bool) {
		return `{"acme": {"key": "0123456789abcdef", "users": ["usr_1"]}, "beta": {"key": "fedcba9876543210"}}`, true
	}
	_, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
	if len(diags) != 1 || diags[0].Range.Start.Line != 4 || !strings.Contains(diags[0].Detail, "no attribute of this name") || !strings.Contains(diags[0].Detail, `"beta"`) {
		t.Errorf("%+v", diags)
	}
	withoutKey := strings.Replace(text, "each.value.users", `["usr_1"]`, 1)
	withoutKey = strings.Replace(withoutKey, "each.value.key", "each.value.users", 1)
	_, diags = config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(withoutKey)}}, in)
	if !slices.ContainsFunc(diags, func(d exporter.Diagnostic) bool {
		return d.Range.Start.Line == 3 && strings.Contains(d.Detail, "no attribute of this name") && strings.Contains(d.Detail, `"beta"`)
	}) {
		t.Errorf("of api_key: %+v", diags)
	}
	jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(strings.Replace(text, "each.value.users", "try(each.value.users, null)", 1))}}, in)
	if len(diags) != 0 || len(jobs) != 2 || len(jobs[0].Source.Users) != 1 || jobs[1].Source.Users != nil {
		t.Errorf("%+v, %+v", jobs, diags)
	}
}

// What is in the value of a team is as secret as its key.
func TestTheKeyInTheValueOfATeamIsSecret(t *testing.T) {
	const text = `source "lemlist" {
  for_each = { acme = { key = env("LEMLIST_API_KEY"), users = ["usr_1"] } }
  api_key  = each.value.key
  users    = each.value.users
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
`
	jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, inputs())
	if len(diags) > 0 || len(jobs) != 1 || jobs[0].Source.APIKey.Reveal() == "" || !slices.Equal(jobs[0].Source.Users, []string{"usr_1"}) {
		t.Errorf("%+v, %+v", jobs, diags)
	}
	leaked := strings.Replace(text, "out/${each.key}", "out/${each.key}/${each.value.key}", 1)
	_, diags = config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(leaked)}}, inputs())
	if len(diags) != 1 || diags[0].Summary != "API key outside api_key" {
		t.Errorf("%+v", diags)
	}
}

// Names and keys are easily swapped; the key may be inside the value.
func TestANameInTheFormOfAKeyNeedsAKeyInItsValue(t *testing.T) {
	for value, allowed := range map[string]bool{
		`"a87ff679a2f3e71d9181a67b7542122c"`:          true,
		`{"key": "a87ff679a2f3e71d9181a67b7542122c"}`: true,
		`{"key": "acme"}`:                             false,
		`"acme"`:                                      false,
	} {
		in := inputs()
		in.Env = func(string) (string, bool) { return `{"5f1b2c3d4e5f6a7b8c9d0e1f": ` + value + `}`, true }
		text := "source \"lemlist\" {\n  for_each = jsondecode(env(\"TEAMS\"))\n  api_key = try(each.value.key, each.value)\n}\n" +
			"export \"inbox_conversations\" {\n  destination = \"./out/${each.key}\"\n}\n"
		jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
		if (len(jobs) == 1 && len(diags) == 0) != allowed {
			t.Errorf("%s: %d jobs, %+v", value, len(jobs), diags)
		}
	}
}
