package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nested puts a text into itself, so many times.
func nested(before, middle, after string, times int) string {
	return strings.Repeat(before, times) + middle + strings.Repeat(after, times)
}

// A configuration is a program of a kind. None takes more than a moment and what
// the program itself takes, and each error names its place.
func TestHostileConfigurationsAreBounded(t *testing.T) {
	t.Parallel()
	program := built(t)
	const tooMuch = "Expression takes too much memory"
	letters := `"` + strings.Repeat("a", 40) + `"`
	attribute := func(expression string) string {
		return "source \"lemlist\" {\n  users = [" + expression + "]\n}\n"
	}
	loops := func(head, body string, times int) string { // [for a in LIST : [for b in LIST : …]]
		for i := range times {
			body = fmt.Sprintf("[for v%d in %s : %s]", i, head, body)
		}
		return body
	}
	double, dag := `"xxxxxxxx"`, `["x"]`
	for i := range 40 {
		double = fmt.Sprintf(`[for w%d in [%s] : "${w%d}${w%d}${w%d}"][0]`, i, double, i, i, i)
		dag = fmt.Sprintf(`[for w%d in [%s] : [w%d, w%d]][0]`, i, dag, i, i)
	}
	for name, test := range map[string]struct{ config, message string }{
		"replace in replace":        {attribute(nested(`replace(`, letters, `, "a", `+letters+`)`, 20)), tooMuch},
		"replace of nothing":        {attribute(nested(`replace(`, letters, `, "", `+letters+`)`, 20)), tooMuch},
		"loops in loops":            {attribute(loops(`[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]`, "1", 20)), tooMuch},
		"loops over split":          {attribute(loops(`split("", `+letters+`)`, `"x"`, 12)), tooMuch},
		"loops that double":         {attribute(double), tooMuch},
		"lists that share":          {attribute(dag), tooMuch},
		"directives in directives":  {attribute(`"` + nested(`%{ for a in [1,2,3,4,5,6,7,8,9] }`, "x", `%{ endfor }`, 20) + `"`), tooMuch},
		"objects of loops":          {attribute(`{for k in split("", ` + letters + `) : k => ` + loops(`split("", `+letters+`)`, `"x"`, 10) + `...}`), tooMuch},
		"splats":                    {attribute(nested(``, loops(`[1,2,3,4,5,6,7,8,9]`, `[[1,2,3,4,5,6,7,8,9][*]]`, 14), `[*]`, 30)), tooMuch},
		"join of long":              {attribute(nested(`join(`, letters, `, split("", `+letters+`))`, 12)), tooMuch},
		"a number of a gigabyte":    {attribute(`"${1e999999999}"`), tooMuch},
		"a text that is a number":   {attribute(`"${"1e999999999" + 1}"`), tooMuch},
		"a product":                 {attribute(`"${` + strings.TrimSuffix(strings.Repeat("1e300 * ", 900), " * ") + `}"`), tooMuch},
		"format of a gigabyte":      {attribute(`format("%1000000000d", 1)`), "at most three digits"},
		"format of precision":       {attribute(`format("%.1000000000f", 1)`), "at most three digits"},
		"format that repeats":       {attribute(nested(`format("`+strings.Repeat("%[1]s", 50)+`", `, letters, `)`, 10)), tooMuch},
		"format of a number":        {attribute(`format("%d", "1e99999999")`), tooMuch},
		"a number of ten megabytes": {attribute(`"a${1e99999999}"`), tooMuch},
		"upper in upper":            {attribute(nested(`upper(`, `join("", [for a in split("", `+letters+`) : `+letters+`])`, `)`, 90)), ""},
		"brackets":                  {attribute(nested("[", "", "]", 30_000)), "Nested too deeply"},
		"brackets that stay open":   {attribute(strings.Repeat("[", 60_000)), "Nested too deeply"},
		"blocks":                    {nested("a {\n", "", "}\n", 10_000), "Nested too deeply"},
		"many negations":            {attribute(strings.Repeat("!", 60_000) + "true"), "Too many operators"},
		"a megabyte":                {strings.Repeat("# a comment\n", 80_000), "too large"},
		"a long label":              {`source "` + strings.Repeat("l", 30_000) + "\" {\n" + attributes(3500) + "}\n", "more findings are not shown"},
		"many errors in one line":   {"source \"lemlist\" {\n  users = [" + strings.Repeat("a,", 30_000) + "]\n}\n", "more findings are not shown"},
		"many unknown attributes":   {"source \"lemlist\" {\n" + attributes(6000) + "}\n", "more findings are not shown"},
		"many unknown blocks":       {strings.Repeat("a {}\n", 12_000), "more findings are not shown"},
		"many quotes":               {attribute(strings.Repeat(`"a" `, 15_000)), "Missing"},
		"many heredocs":             {strings.Repeat("x = <<EOT\n", 6_000), ""},
		"many templates":            {attribute(`"` + strings.Repeat("${", 30_000) + `"`), "Nested too deeply"},
		"many keys":                 {strings.Repeat("api_key = \"0123456789abcdef0123456789\"\n", 1_500), ""},
		"nothing but letters":       {strings.Repeat("k", 60_000), ""},
		"conditions":                {attribute(strings.Repeat("true ? 1 : ", 60) + "1"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"validate"}, {"plan", "-json"}} {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				command := exec.CommandContext(ctx, "sh", append([]string{"-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, addressSpace), program}, args...)...)
				command.Dir = dir
				var shown bytes.Buffer
				command.Stdout, command.Stderr = &shown, &shown
				began := time.Now()
				bytes, status := peak(t, command)
				t.Logf("%s: %d MiB at the peak, %s, exit %d, %d bytes shown", args[0], bytes>>20, time.Since(began).Round(time.Millisecond), status, shown.Len())
				if bytes > container || shown.Len() > 256<<10 {
					t.Errorf("%s: %d MiB at the peak, %d bytes shown", args[0], bytes>>20, shown.Len())
				}
				if status != 1 || ctx.Err() != nil || !strings.Contains(shown.String(), test.message) || !strings.Contains(shown.String(), "main.hcl") {
					t.Errorf("%s: exit %d, %v: %.1500s", args[0], status, ctx.Err(), shown.String())
				}
			}
		})
	}
}

// attributes are so many lines that nobody knows.
func attributes(count int) string {
	var lines strings.Builder
	for i := range count {
		fmt.Fprintf(&lines, "a%d = 1\n", i)
	}
	return lines.String()
}
