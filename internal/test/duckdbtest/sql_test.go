package duckdbtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The queries of examples/sql run on the export of the README's first command, and on its
// conversations alone. Where the results differ, the golden file has both.
func TestExampleQueries(t *testing.T) {
	dir, err := quickstart()
	if err != nil {
		t.Fatal(err)
	}
	all := filepath.Join(dir, "out")
	conversations := t.TempDir()
	if err := os.Symlink(filepath.Join(all, snapshotFile), filepath.Join(conversations, snapshotFile)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "examples", "sql", "*.sql"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files of queries, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			shown, alone := runScript(t, string(script), all), runScript(t, string(script), conversations)
			if !slices.EqualFunc(shown, alone, slices.Equal) {
				shown = append(append(shown, []string{"-- the conversations alone"}, nil), alone...)
			}
			golden(t, "sql_"+name+".golden", shown)
		})
	}
}

// varies matches the id and the times of a run.
var varies = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00`)

// withoutRows matches a statement that returns no rows.
var withoutRows = regexp.MustCompile(`(?m)^(CREATE|SET) `)

// runScript runs the statements of a script on the export in a folder and returns the rows
// of its queries, an empty one after each query.
func runScript(t *testing.T, script, folder string) (shown [][]string) {
	t.Helper()
	db := openDuckDB(t)
	for statement := range strings.SplitSeq(strings.ReplaceAll(script, "'out/", "'"+folder+"/"), ";\n") {
		switch {
		case strings.TrimSpace(statement) == "":
		case withoutRows.MatchString(statement):
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		default:
			rows := query(t, db, statement+"\n")
			if len(rows) == 0 {
				t.Errorf("no row from %s", statement)
			}
			for i, row := range rows {
				for j, cell := range row {
					rows[i][j] = varies.ReplaceAllString(cell, "(varies)")
				}
			}
			shown = append(append(shown, rows...), nil)
		}
	}
	return shown
}
