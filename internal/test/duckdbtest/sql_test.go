package duckdbtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The queries of examples/sql, on the export of the README's first command, give
// what they gave.
func TestExampleQueries(t *testing.T) {
	dir, err := quickstart()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "examples", "sql", "*.sql"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files of queries, error %v", len(files), err)
	}
	// The id and the times of the run.
	varies := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00`)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			db := openDuckDB(t)
			var shown [][]string
			for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "'out/", "'"+filepath.Join(dir, "out")+"/"), ";\n") {
				switch {
				case strings.TrimSpace(statement) == "":
				case strings.Contains(statement, "\nCREATE "):
					if _, err := db.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
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
			golden(t, "sql_"+name+".golden", shown)
		})
	}
}
