package architecture

import (
	"fmt"
	"slices"
	"strings"
)

// allowed are the packages that each package of the program may import. A pattern
// that ends in /... stands for a folder and everything below it; the most specific
// one counts. An adapter imports the vocabulary, never another adapter; a door
// imports the vocabulary and the engine, never an adapter.
var allowed = map[string][]string{ //nolint:gochecknoglobals // the rules
	".":             {"..."},
	"schema":        {},
	"schema/decode": {"schema"},

	"exporter":                   {"schema"},
	"exporter/rows":              {"schema"},
	"exporter/engine":            {"exporter", "exporter/rows", "schema"},
	"exporter/engine/teams":      {"exporter", "exporter/engine"},
	"exporter/config":            {"exporter", "internal/nearest", "schema"},
	"exporter/lemlist":           {"exporter", "internal/nearest", "schema", "schema/decode", "exporter/lemlist/client", "exporter/lemlist/prover", "exporter/lemlist/ratelimit"},
	"exporter/lemlist/client":    {"exporter", "exporter/lemlist/ratelimit"},
	"exporter/lemlist/ratelimit": {"exporter"},
	"exporter/lemlist/prover":    {"schema"},
	"exporter/lemlist/sim":       {},
	"exporter/monitor":           {"exporter"},
	"exporter/parquet":           {"exporter", "schema"},
	"exporter/arrowipc":          {"exporter", "schema"},
	"exporter/report":            {"exporter", "schema"},
	"exporter/store":             {"exporter", "exporter/store/...", "internal/private"},
	"exporter/store/...":         {"exporter", "exporter/store/bucket", "exporter/store/disk", "internal/private"},

	"plugin":                      {"exporter", "exporter/engine", "internal/private", "plugin/convert", "plugin/proto/...", "schema"},
	"plugin/client":               {"exporter", "exporter/engine", "plugin", "plugin/convert", "plugin/proto/..."},
	"plugin/convert":              {"exporter", "exporter/engine", "plugin/proto/...", "schema"},
	"plugin/proto/...":            {},
	"plugin/rowjson":              {"schema"},
	"plugin/door":                 {"exporter", "schema"},
	"plugin/singer":               {"exporter", "plugin/door", "plugin/rowjson", "schema"},
	"plugin/airbyte":              {"exporter", "plugin/door", "plugin/rowjson", "schema"},
	"plugin/cloudquery":           {"exporter", "plugin/cloudquery/proto/...", "plugin/door", "plugin/rowjson", "schema"},
	"plugin/cloudquery/proto/...": {},

	"internal/cli":       {"exporter", "exporter/engine", "exporter/engine/teams", "internal/ndjson", "internal/nearest", "internal/private", "plugin/airbyte", "plugin/cloudquery", "plugin/door", "plugin/rowjson", "plugin/singer", "schema"},
	"internal/ndjson":    {},
	"internal/nearest":   {},
	"internal/heaplimit": {"exporter"},
	"internal/parent":    {},
	"internal/private":   {"exporter"},
}

// Imports are the imports of the program that run against the direction:
// "import FROM -> TO". A package that the rules do not know may import nothing.
func (t *Tree) Imports() []string {
	var found []string
	for _, file := range t.Product() {
		for _, to := range file.Imports {
			if !mayImport(file.Package, to) {
				found = append(found, fmt.Sprintf("import %s -> %s", file.Package, to))
			}
		}
	}
	return sorted(found)
}

func mayImport(from, to string) bool {
	rule := ""
	for pattern := range allowed {
		if matches(pattern, from) && (rule == "" || pattern == from || rule != from && len(pattern) > len(rule)) {
			rule = pattern
		}
	}
	return slices.ContainsFunc(allowed[rule], func(pattern string) bool { return matches(pattern, to) })
}

func matches(pattern, folder string) bool {
	base, deep := strings.CutSuffix(pattern, "...")
	if !deep {
		return pattern == folder
	}
	return strings.HasPrefix(folder+"/", base)
}

func sorted(found []string) []string {
	slices.Sort(found)
	return slices.Compact(found)
}
