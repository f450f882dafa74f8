package config_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter/config"
)

// usersOf loads a configuration whose users are an expression.
func usersOf(t *testing.T, expression string) []string {
	t.Helper()
	job, diags := load(config.File{Name: "main.hcl", Bytes: []byte("source \"lemlist\" {\n  api_key = env(\"LEMLIST_API_KEY\")\n  users = " + expression + "\n}\n" +
		"export \"inbox_conversations\" {\n  destination = \"out\"\n}\n")})
	if err := diags.Err(); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return job.Source.Users
}

// Every kind of expression gives the same when it is counted.
func TestCountedExpressionsGiveWhatTheyAre(t *testing.T) {
	for expression, want := range map[string][]string{
		`split(",", lower(env("USERS")))`:                                                  {"usr_a", "usr_b"},
		`[for u in split(",", "a,b") : "usr_${u}"]`:                                        {"usr_a", "usr_b"},
		`[for i, u in ["a", "b", "c"] : "usr_${i}${u}" if u != "b"]`:                       {"usr_0a", "usr_2c"},
		`[for k, v in {a = "1", ("b") = "2"} : "usr_${k}${v}"]`:                            {"usr_a1", "usr_b2"},
		`[for g in {for u in ["x", "y"] : "k" => u...}.k : "usr_${g}"]`:                    {"usr_x", "usr_y"},
		`[{id = "usr_a"}, {id = "usr_b"}][*].id`:                                           {"usr_a", "usr_b"},
		`[["usr_a"], ["usr_b"]].*.0`:                                                       {"usr_a", "usr_b"},
		`[format("usr_%s_%03d", "a", 7), "usr_${1 + 2 * 3}"]`:                              {"usr_a_007", "usr_7"},
		`[true ? "usr_a" : "usr_b", ("usr_c"), "%{ if !false }usr_d%{ endif }"]`:           {"usr_a", "usr_c", "usr_d"},
		`["usr_%{ for x in ["a", "b"] }${x}%{ endfor }"]`:                                  {"usr_ab"},
		`[replace("usr-a", "-", "_"), join("_", ["usr", "b"]), join("_", ["usr"], ["c"])]`: {"usr_a", "usr_b", "usr_c"},
	} {
		if diff := cmp.Diff(want, usersOf(t, expression)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", expression, diff)
		}
	}
}

// As many users as a file has room for are no work worth mentioning.
func TestAFullFileIsLoaded(t *testing.T) {
	var users strings.Builder
	for i := range 2400 {
		fmt.Fprintf(&users, "  \"usr_%017d\",\n", i)
	}
	if got := usersOf(t, "[\n"+users.String()+"]"); len(got) != 2400 {
		t.Errorf("%d users", len(got))
	}
}

// Whatever is put into whatever, loading takes little memory.
func TestNestedExpressionsTakeLittleMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expression := rapid.SampledFrom([]string{`"aaaaaaaaaaaaaaaaaaaa"`, `["a", "a", "a", "a", "a", "a"]`, `1e300`}).Draw(t, "inside")
		for i := range rapid.IntRange(0, 40).Draw(t, "times") {
			with := rapid.SampledFrom([]string{
				`replace(%s, "a", "aaaaaaaaaaaaaaaa")`, `replace(%s, "", "aaaaaaaaaaaaaaaa")`, `[for NAME in %s : [NAME, NAME, NAME]]`, `split("", %s)`,
				`[for NAME in ["a", "b", "c", "d"] : %s]`, `join(join("", ["aaaaaaaaaaaaaaaa"]), %s)`, `"${%[1]s}${%[1]s}"`, `format("%%[1]s%%[1]s%%[1]v", %s)`,
				`{a = %s, b = 1}`, `[for NAME in [%s] : "${NAME}${NAME}${NAME}"]`, `%s[0]`, `upper(%s)`, `(%s)`, `[%s...]`, `%[1]s[*]`, `%s * 1e300`, `format("%%d", %s)`,
			}).Draw(t, "with")
			if strings.Contains(with, "%[1]s") && len(expression) > 10_000 {
				continue
			}
			expression = fmt.Sprintf(strings.ReplaceAll(with, "NAME", fmt.Sprintf("n%d", i)), expression)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		load(config.File{Name: "main.hcl", Bytes: []byte("source \"lemlist\" {\n  users = [" + expression + "]\n}\n")})
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 512<<20 {
			t.Errorf("%d MiB were allocated for %s", (after.TotalAlloc-before.TotalAlloc)>>20, expression)
		}
	})
}

// The places of JSON hold the names around them.
func TestLongNamesInJSONAreBounded(t *testing.T) {
	inside := "[" + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + "]"
	for range 20 {
		inside = `{"` + strings.Repeat("n", 2500) + `":` + inside + `}`
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, diags := config.LoadJSON([]byte(`{"source":{"lemlist":` + inside + `}}`))
	runtime.ReadMemStats(&after)
	if len(diags) == 0 || !strings.Contains(diags[0].Detail, "take more than 16 MiB") {
		t.Errorf("%.300v", diags)
	}
	if after.TotalAlloc-before.TotalAlloc > 160<<20 {
		t.Errorf("%d MiB were allocated", (after.TotalAlloc-before.TotalAlloc)>>20)
	}
}
