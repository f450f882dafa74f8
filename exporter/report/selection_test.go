package report_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/report"
	"github.com/lemexport/lemexport/schema"
)

// reducedExport is an export of the rows with that selection of columns.
func reducedExport(t *testing.T, whole report.Export, selection schema.Selection) (report.Export, *schema.Mask) {
	t.Helper()
	mask, err := schema.NewMask(schema.InboxConversations(), selection, []byte("a key of more than sixteen bytes"))
	if err != nil {
		t.Fatal(err)
	}
	reduced := whole
	reduced.Table = mask.Table
	reduced.Manifest.Columns = &exporter.ManifestColumns{Excluded: selection.Exclude, Hashed: selection.Hash}
	reduced.Records = func(yield func(arrow.Record, error) bool) {
		for rec, err := range whole.Records {
			var masked arrow.Record
			if err == nil {
				masked, err = mask.Apply(rec)
			}
			if !yield(masked, err) {
				return
			}
		}
	}
	return reduced, mask
}

// selections are all that leave out or hash one column or field, and all pairs in which a
// chart is about at least one.
func selections(table *schema.Table) []schema.Selection {
	var single, all []schema.Selection
	charted := func(s schema.Selection) bool {
		return slices.ContainsFunc(slices.Concat(s.Exclude, s.Hash), func(name string) bool {
			column, _ := table.Find(name)
			return column.Role != ""
		})
	}
	for _, name := range table.Names() {
		if table.MayExclude(name) == nil {
			single = append(single, schema.Selection{Exclude: []string{name}})
		}
		if table.MayHash(name) == nil {
			single = append(single, schema.Selection{Hash: []string{name}})
		}
	}
	all = append(all, schema.Selection{})
	all = append(all, single...)
	for i, one := range single {
		for _, two := range single[:i] {
			pair := schema.Selection{Exclude: slices.Concat(one.Exclude, two.Exclude), Hash: slices.Concat(one.Hash, two.Hash)}
			if _, err := table.Select(pair); err == nil && charted(pair) {
				all = append(all, pair)
			}
		}
	}
	return all
}

// pageSections are the texts of a page by the id of their section, and its SQL.
func pageSections(t *testing.T, page string) (texts map[string][]string, sql string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string][]string{}
	var walk func(node *html.Node, section string)
	walk = func(node *html.Node, section string) {
		switch {
		case node.Data == "pre":
			sql += node.FirstChild.Data + "\n"
			return
		case node.Data == "details":
			section = "sql"
		case node.Data == "footer":
			section = "footer"
		case node.Data == "section":
			for _, attr := range node.Attr {
				if attr.Key == "id" {
					section = attr.Val
				}
			}
		case node.Type == html.TextNode && strings.TrimSpace(node.Data) != "":
			texts[section] = append(texts[section], strings.TrimSpace(node.Data))
		}
		for child := range node.ChildNodes() {
			walk(child, section)
		}
	}
	walk(root, "")
	return texts, sql
}

// needs are the columns without which a chart cannot be drawn, by its section.
var needs = map[string][]schema.Role{
	"by-channel": {schema.RoleChannels}, "rate": {schema.RoleChannels, schema.RoleReplied}, "rate-users": {schema.RoleUserID, schema.RoleReplied},
	"times": {schema.RoleRepliedAt}, "after": {schema.RoleRepliedAt, schema.RoleSentAt}, "first": {schema.RoleCreated, schema.RoleRepliedAt},
	"turn": {schema.RoleTurn}, "waiting": {schema.RoleTurn, schema.RoleRepliedAt}, "unread": {schema.RoleUserID, schema.RoleRead},
	"tasks": {schema.RoleTaskType, schema.RoleTaskDone}, "people": {schema.RoleUserID},
}

var numbered = regexp.MustCompile(`(User|Inbox) \d+`)

// sorted returns texts in one order, with the values of hashes: equal counts are ordered by name.
func sorted(texts []string, hashes map[string]string) []string {
	var list []string
	for _, text := range texts {
		for hash, value := range hashes {
			if runes := []rune(value); text == hash && len(runes) > 26 { // a label, which is cut
				value = string(runes[:25]) + "…"
			}
			text = strings.ReplaceAll(text, hash, value)
		}
		text = strings.ReplaceAll(text, " The names are the first digits of hashes.", "")
		list = append(list, numbered.ReplaceAllString(text, "$1"))
	}
	slices.Sort(list)
	return list
}

// Whatever columns an export leaves out or hashes, each chart is that of the whole export
// or says which column is missing, and every claim of the page agrees with the export.
func TestPageOfEverySelection(t *testing.T) {
	table := schema.InboxConversations()
	whole := someExport(t, table, rows())
	wholePage, _ := pageSections(t, write(t, whole, report.Options{}))
	for _, selection := range selections(table) {
		export, mask := reducedExport(t, whole, selection)
		page := write(t, export, report.Options{})
		sections, sql := pageSections(t, page)
		name := fmt.Sprintf("exclude %v, hash %v", selection.Exclude, selection.Hash)
		hashes := map[string]string{}
		for _, value := range []string{"email", "linkedin", "phone", hostile} {
			hashes[mask.Hash(value)[:8]+"…"] = value
		}
		for id, roles := range needs {
			gone := slices.IndexFunc(roles, func(role schema.Role) bool { return export.Table.NameOf(role) == "" })
			switch {
			case gone >= 0:
				if want, got := "This export leaves out "+table.NameOf(roles[gone])+".", sections[id][1:]; !slices.Equal(got, []string{want}) {
					t.Errorf("%s: section %s says %q, want %q", name, id, got, want)
				}
			case id != "people":
				if diff := cmp.Diff(sorted(wholePage[id], nil), sorted(sections[id], hashes)); diff != "" {
					t.Errorf("%s: section %s (-whole export +this):\n%s", name, id, diff)
				}
			}
		}
		checkPeople(t, name, export.Table, wholePage, sections)
		checkActivity(t, name, export.Table, sections["activity"])
		checkUnknown(t, name, export, sections["unknown"])
		checkColumns(t, name, page, export.Table)
		checkFooter(t, name, export.Table, sections["footer"])
		for _, excluded := range selection.Exclude {
			leaf := excluded[strings.LastIndexByte(excluded, '.')+1:]
			if regexp.MustCompile(`\b` + leaf + `\b`).MatchString(sql) {
				t.Errorf("%s: the SQL names %s:\n%s", name, leaf, sql)
			}
		}
		if t.Failed() {
			return // the first selection says enough
		}
	}
}

func isHashed(table *schema.Table, role schema.Role) bool {
	column, _ := table.Find(table.NameOf(role))
	return column.Hashed || column.Elem != nil && column.Elem.Hashed
}

func checkPeople(t *testing.T, name string, table *schema.Table, whole, sections map[string][]string) {
	t.Helper()
	people, proof := strings.Join(sections["people"], "|"), strings.Join(sections["proof"], "|")
	matched := table.NameOf(schema.RoleUserID) != "" && !isHashed(table, schema.RoleUserID)
	if got := strings.Count(people, "inbox not read"); got != map[bool]int{true: 1}[matched] {
		t.Errorf("%s: %d users whose inbox was not read", name, got)
	}
	if strings.Contains(proof, "User ") == !matched || strings.Contains(proof, "Inbox 1|") == matched {
		t.Errorf("%s: the proof calls its inboxes by users whose ids the rows do not have: %s", name, proof)
	}
	if isHashed(table, schema.RoleUserID) != strings.Contains(people, "only hashes of their ids") {
		t.Errorf("%s: users: %s", name, people)
	}
	if table.NameOf(schema.RoleUserID) == "" {
		return
	}
	// The cells of a user are: name, conversations, sends in, unread, the team's turn.
	first := slices.IndexFunc(sections["people"], func(text string) bool { return strings.HasPrefix(text, "User 1") })
	wholeFirst := slices.IndexFunc(whole["people"], func(text string) bool { return strings.HasPrefix(text, "User 1") })
	for i, role := range []schema.Role{schema.RoleKey, schema.RoleSender, schema.RoleRead, schema.RoleTurn} {
		want := whole["people"][wholeFirst+1+i]
		if table.NameOf(role) == "" {
			want = "–"
		}
		if got := sections["people"][first+1+i]; got != want {
			t.Errorf("%s: cell %d of the first user is %s, want %s", name, i+1, got, want)
		}
	}
}

func checkActivity(t *testing.T, name string, table *schema.Table, texts []string) {
	t.Helper()
	for label, role := range map[string]schema.Role{"created": schema.RoleCreated, "newest reply": schema.RoleRepliedAt} {
		if shown := slices.Contains(texts, label); shown != (table.NameOf(role) != "") {
			t.Errorf("%s: a line %q: %v", name, label, shown)
		}
	}
}

// checkUnknown counts the unknown fields in the rows by another way than the page does.
func checkUnknown(t *testing.T, name string, export report.Export, texts []string) {
	t.Helper()
	said := strings.Join(texts, " ")
	_, at, kept := export.Table.ByRole(schema.RoleExtra)
	if kept == strings.Contains(said, "leaves their values out") || kept != strings.Contains(said, "keeps their values, in as many rows as stated") {
		t.Errorf("%s: unknown fields: %s", name, said)
	}
	if !kept {
		return
	}
	n := map[string]int{}
	for rec, err := range export.Records {
		if err != nil {
			t.Fatal(err)
		}
		values := rec.Column(at).(*array.String)
		for row := range values.Len() {
			var fields map[string]any
			if values.IsNull(row) {
				continue
			}
			if err := json.Unmarshal([]byte(values.Value(row)), &fields); err != nil {
				t.Fatal(err)
			}
			for field := range maps.Keys(fields) {
				n[field]++
			}
		}
	}
	for field, key := range map[string]string{"score": "score", "contact.companyName": "/contact/companyName", "users[].role": "/users/0/role"} {
		i := slices.Index(texts, field)
		if i < 0 {
			t.Errorf("%s: no unknown field %s: %s", name, field, said)
			continue
		}
		if got := texts[i+1]; got != fmt.Sprint(n[key]) {
			t.Errorf("%s: %s in %s rows, want %d", name, field, got, n[key])
		}
	}
}

var rowOfColumn = regexp.MustCompile(`(?s)<tr><td><code>(\w+)</code>(.*?)</td>`)

func checkColumns(t *testing.T, name, page string, table *schema.Table) {
	t.Helper()
	_, part, _ := strings.Cut(page, `id="schema"`)
	listed := rowOfColumn.FindAllStringSubmatch(part, -1)
	if len(listed) != len(table.Columns) {
		t.Fatalf("%s: %d columns are listed, want %d", name, len(listed), len(table.Columns))
	}
	for i, column := range table.Columns {
		personal := slices.ContainsFunc(table.Personal(), func(one string) bool { return strings.Split(one, ".")[0] == column.Name })
		hashed := column.Hashed || column.Elem != nil && column.Elem.Hashed
		fields := column.Fields
		if column.Elem != nil {
			fields = column.Elem.Fields
		}
		for _, field := range fields {
			hashed = hashed || field.Hashed
			if field.Hashed != strings.Contains(listed[i][2], ">"+field.Name+" hashed<") {
				t.Errorf("%s: the tags of %s are %s", name, column.Name, listed[i][2])
			}
		}
		if listed[i][1] != column.Name || strings.Contains(listed[i][2], ">personal<") != personal || strings.Contains(listed[i][2], "hashed<") != hashed {
			t.Errorf("%s: column %d is listed as %s%s", name, i, listed[i][1], listed[i][2])
		}
	}
}

func checkFooter(t *testing.T, name string, table *schema.Table, texts []string) {
	t.Helper()
	footer := strings.Join(texts, " ")
	for said, role := range map[string]schema.Role{"names of channels": schema.RoleChannels, "types of tasks": schema.RoleTaskType} {
		present, hashed := table.NameOf(role) != "", isHashed(table, role)
		if strings.Contains(footer, said) != present || strings.Contains(footer, "hashes of "+said) != hashed {
			t.Errorf("%s: the page says that it %s", name, footer)
		}
	}
}
