package duckdbtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// The queries of the README return the results that it shows, on the export of its first
// command.
func TestReadmeQueries(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := quickstart()
	if err != nil {
		t.Fatal(err)
	}
	db := openDuckDB(t)
	shown := regexp.MustCompile("(?s)```sql\n(.*?);\n```\n\n```\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(shown) < 2 {
		t.Fatalf("the README shows %d queries with their results", len(shown))
	}
	for _, match := range shown {
		text := strings.ReplaceAll(match[1], "'out/", "'"+filepath.Join(dir, "out")+"/")
		if diff := gocmp.Diff(boxRows(match[2]), query(t, db, text)); diff != "" {
			t.Errorf("%s\n(-README +DuckDB):\n%s", match[1], diff)
		}
	}
}

// boxRows reads the rows of a table in the form of DuckDB's shell: the names and types of
// the columns are above the first horizontal line.
func boxRows(box string) [][]string {
	_, body, _ := strings.Cut(box, "├")
	var rows [][]string
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "│") {
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.Trim(line, "│"), "│") {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}
