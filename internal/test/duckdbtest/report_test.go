package duckdbtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// card is a chart of a report: its SQL, and what it shows.
type card struct {
	id, sql string
	titles  []string   // of bars, columns and cells: "email: 12 of 40"
	cells   [][]string // of a table, without its head
	lines   [][]float64
	top     float64 // of the scale of the lines
}

// cardsOf returns the charts of a page that have SQL.
func cardsOf(t *testing.T, page string) []card {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var cards []card
	for node := range root.Descendants() {
		if node.Data != "section" {
			continue
		}
		one := card{id: attribute(node, "id")}
		for inner := range node.Descendants() {
			switch inner.Data {
			case "pre":
				one.sql = strings.TrimSuffix(inner.FirstChild.Data, ";")
			case "title":
				one.titles = append(one.titles, inner.FirstChild.Data)
			case "tr":
				var cells []string
				for cell := range inner.ChildNodes() {
					if cell.Data == "td" && cell.FirstChild != nil {
						cells = append(cells, cell.FirstChild.Data)
					}
				}
				if cells != nil {
					one.cells = append(one.cells, cells)
				}
			case "text":
				if strings.Contains(attribute(inner, "class"), "scale") {
					one.top = max(one.top, float64(number(t, inner.FirstChild.Data)))
				}
			case "path":
				if attribute(inner, "class") != "area" {
					one.lines = append(one.lines, heights(t, attribute(inner, "d")))
				}
			}
		}
		if one.sql != "" {
			cards = append(cards, one)
		}
	}
	return cards
}

func attribute(node *html.Node, name string) string {
	for _, attr := range node.Attr {
		if attr.Key == name {
			return attr.Val
		}
	}
	return ""
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// heights are the parts of the scale that the points of a path reach.
func heights(t *testing.T, path string) []float64 {
	t.Helper()
	var list []float64
	for _, point := range strings.FieldsFunc(path, func(r rune) bool { return r == 'M' || r == 'L' }) {
		_, text, _ := strings.Cut(point, " ")
		y, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, 1-y/1000)
	}
	return list
}

var (
	titleOf = regexp.MustCompile(`^(.*): ([\d,]+)(?: of ([\d,]+))?( open| unread)?$`)
	hourOf  = regexp.MustCompile(`^(\w+) (\d\d):00 to`)
	daysOf  = regexp.MustCompile(`^within (\d+) day`)
)

// shownRows are the rows that the SQL of a chart should give: a name and the numbers.
func shownRows(t *testing.T, one card) [][]string {
	t.Helper()
	if one.cells != nil {
		return one.cells
	}
	var rows [][]string
	for _, title := range one.titles {
		found := titleOf.FindStringSubmatch(title)
		if found == nil {
			t.Fatalf("%s: unexpected title %q", one.id, title)
		}
		row := []string{found[1]}
		if at := hourOf.FindStringSubmatch(found[1]); at != nil {
			weekday := 1 + slices.Index([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}, at[1])
			row = []string{strconv.Itoa(weekday), strconv.Itoa(number(t, at[2]))}
		}
		if days := daysOf.FindStringSubmatch(found[1]); days != nil {
			row[0] = days[1]
		}
		if named, ok := map[string]string{"the team's": "true", "not the team's": "false", "not said": null}[found[1]]; ok {
			row[0] = named
		}
		row = append(row, strings.ReplaceAll(found[2], ",", ""))
		if found[3] != "" {
			row = append(row, strings.ReplaceAll(found[3], ",", ""))
		} else if row[len(row)-1] == "0" {
			continue // a group without rows is none
		}
		rows = append(rows, row)
	}
	return rows
}

// checkCard runs the SQL of a chart and compares the rows with what it shows.
func checkCard(t *testing.T, one card) {
	t.Helper()
	got := query(t, openDuckDB(t), one.sql)
	if one.lines != nil {
		checkLines(t, one, got)
		return
	}
	want := shownRows(t, one)
	// Users are numbered and hashes are cut on the page: only their order is the same.
	for _, rows := range [][][]string{got, want} {
		for i := range rows {
			if slices.Contains([]string{"rate-users", "unread", "people"}, one.id) {
				rows[i][0] = ""
			}
			if len(rows[i][0]) == 64 {
				rows[i][0] = rows[i][0][:8] + "…"
			}
			for j := range rows[i] {
				if j > 0 {
					rows[i][j] = strings.ReplaceAll(rows[i][j], ",", "")
				}
			}
			rows[i] = slices.DeleteFunc(rows[i], func(cell string) bool { return cell == "–" })
		}
		if one.id != "people" {
			slices.SortFunc(rows, slices.Compare)
		}
	}
	if len(got) == 0 || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%s shows %v, and\n%s\ngives %v", one.id, want, one.sql, got)
	}
}

// checkLines compares the numbers of each line, in the order of their time.
func checkLines(t *testing.T, one card, rows [][]string) {
	t.Helper()
	of := map[string][]int{}
	for _, row := range rows {
		of[row[0]] = append(of[row[0]], number(t, row[2]))
	}
	var got, want [][]int
	for _, line := range one.lines {
		var numbers []int
		for _, height := range line {
			if n := int(height*one.top + 0.5); n > 0 { // a bucket without rows is no group
				numbers = append(numbers, n)
			}
		}
		want = append(want, numbers)
	}
	for _, numbers := range of {
		got = append(got, numbers)
	}
	slices.SortFunc(got, slices.Compare)
	slices.SortFunc(want, slices.Compare)
	if len(got) == 0 || !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%s shows %v, and\n%s\ngives %v", one.id, want, one.sql, got)
	}
}

// The SQL beside each chart of a report runs in the folder of the export and gives the
// numbers of the chart, for every reduction of the columns and for the files of an append.
func TestReportSQL(t *testing.T) {
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		blocks string
		charts int
	}{
		"all columns":   {"", 12},
		"hashed":        {"columns {\n  hash     = [\"users.user_id\", \"channels\", \"opportunities.type\"]\n  hash_key = env(\"HASH_KEY\")\n}", 12},
		"without times": {`columns { exclude = ["created_at", "last_replied_at", "extra"] }`, 8},
		"without users": {`columns { exclude = ["users.user_id", "is_your_turn"] }`, 7},
		"without some":  {`columns { exclude = ["users.read", "users.sender", "channels", "opportunities.done"] }`, 8},
		"append":        {`mode = "append"`, 12},
	} {
		t.Run(name, func(t *testing.T) {
			folder, _ := exportTables(t, sim.Options{Conversations: 700, Seed: 5}, one.blocks, "inbox_conversations")
			page := filepath.Join(t.TempDir(), "report.html")
			if output, err := exec.Command(binary, "report", folder, "-output="+page).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(folder)
			cards := cardsOf(t, string(text))
			if len(cards) != one.charts {
				t.Errorf("%d charts have SQL, want %d", len(cards), one.charts)
			}
			for _, one := range cards {
				checkCard(t, one)
			}
		})
	}
}
