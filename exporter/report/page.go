package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	g "maragu.dev/gomponents"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// page is what the document shows. All texts are plain: what writes them escapes.
type page struct {
	Simulated                                     bool
	File, Table, Team, Finished, Run, Tool, Bytes string
	Proof                                         proofCard
	Tiles                                         []tile
	Activity                                      activityCard
	Replies                                       repliesCard
	Turn                                          turnCard
	Channels, Tasks                               barsCard
	ReplyTimes                                    heatCard
	People                                        peopleCard
	Unknown                                       []unknownRow
	UnknownMore                                   int
	Columns                                       []columnRow
	Reduced                                       string
	// Extra is the column that keeps unknown fields; "" when the export leaves it out.
	Extra string
	// Conversations says that the rows are conversations, which most charts are about.
	Conversations bool
	// Holds lists what the page holds besides counts.
	Holds string
	// NamesMissing says why users have no names; empty when nothing went wrong.
	NamesMissing string
}

// tile is one large number.
type tile struct{ Value, Label, Note string }

func (t tile) node() g.Node {
	return el("div", class("tile"), el("b", plain(t.Value)), el("span", plain(t.Label)), g.If(t.Note != "", el("small", plain(t.Note))))
}

type unknownRow struct{ Field, Note, Rows, Share string }

func (r unknownRow) node() g.Node {
	return el("tr",
		el("td", el("code", plain(r.Field)), remark(r.Note)),
		el("td", class("n"), plain(r.Rows)),
		el("td", class("n"), plain(r.Share)),
	)
}

type columnRow struct {
	Name, Type, Description, Filled, Bar string
	// Personal says that the column has personal data as the API sent it; Hashed names
	// the column or its fields that have hashes.
	Personal bool
	Hashed   []string
}

func (r columnRow) node() g.Node {
	return el("tr",
		el("td", el("code", plain(r.Name)), g.If(r.Personal, tag("personal")),
			g.Map(r.Hashed, func(field string) g.Node { return tag(strings.TrimSpace(field + " hashed")) })),
		el("td", class("wide"), plain(r.Type)),
		el("td", class("wide"), plain(r.Description)),
		el("td", plain(r.Filled), el("svg", class("gauge"), attr("aria-hidden", "true"), rectangle("track", "0", 0, "100%", 6), rectangle("one", "0", 0, r.Bar, 6))),
	)
}

func newPage(export Export, f *facts, options Options) page {
	m := export.Manifest
	names := newUserNames(export.Table, f, m.Proof, export.Names, options.Personal)
	q := newQueries(export)
	file := path.Base(export.Pattern)
	if folder := path.Dir(export.Pattern); folder != "." {
		file = fmt.Sprintf("%s (%s)", path.Base(folder), many(int64(export.Files), "file", "files"))
	}
	p := page{
		Simulated: m.Simulated, File: file, Table: export.Table.Name, Team: m.Source.TeamID, Finished: stamp(m.Window.FinishedAt),
		Run: m.RunID, Tool: strings.TrimSpace(m.Tool.Name + " " + m.Tool.Version), Bytes: size(export.Bytes),
		Proof: newProofCard(m.Proof, names), Tiles: tiles(export.Table, f), Replies: newRepliesCard(export.Table, f, names, q),
		Turn: newTurnCard(export.Table, f, m.Simulated, q), Channels: channelsCard(export.Table, f, q), Tasks: tasksCard(export.Table, f, q),
		ReplyTimes: newHeatCard(export.Table, f, q), Activity: newActivityCard(export.Table, f, m.Window, q),
		People: newPeopleCard(export.Table, f, m.Proof, names, q), Columns: columnRows(export.Table, f), Reduced: reduced(m),
		Extra: export.Table.NameOf(schema.RoleExtra), Conversations: ofConversations(export.Table), Holds: holds(export.Table, names),
	}
	if options.Personal && export.NamesError != nil {
		p.NamesMissing = "Names of users are not shown: " + strings.ReplaceAll(export.NamesError.Error(), "\n", " ") + "."
	}
	p.Unknown, p.UnknownMore = unknownRows(m.UnknownFields, f, p.Extra != "")
	return p
}

// ofConversations reports whether the rows are conversations.
func ofConversations(table *schema.Table) bool {
	whole, ok := schema.Lookup(table.Name)
	return ok && whole.NameOf(schema.RoleReplied) != ""
}

// missing says why a chart of the columns with these roles cannot be drawn; "" when it can.
func missing(table *schema.Table, roles ...schema.Role) string {
	for _, role := range roles {
		if table.NameOf(role) != "" {
			continue
		}
		whole, ok := schema.Lookup(table.Name)
		if !ok || whole.NameOf(role) == "" {
			return "This table has no such column."
		}
		return "This export leaves out " + whole.NameOf(role) + "."
	}
	return ""
}

func reduced(m exporter.Manifest) string {
	if m.Columns == nil {
		return ""
	}
	var said []string
	if out := m.Columns.Excluded; len(out) > 0 {
		said = append(said, "left out: "+strings.Join(out, ", "))
	}
	if hashed := m.Columns.Hashed; len(hashed) > 0 {
		said = append(said, "hashed: "+strings.Join(hashed, ", "))
	}
	return strings.Join(said, "; ")
}

func tiles(table *schema.Table, f *facts) []tile {
	list := []tile{{count(f.rows), "rows", ""}}
	if ofConversations(table) {
		list[0].Label = "conversations"
	}
	add := func(role schema.Role, whole, part int64, label, note string) {
		if missing(table, role) == "" && whole > 0 {
			list = append(list, tile{count(part), label, note})
		}
	}
	known := f.replied.yes + f.replied.no
	add(schema.RoleReplied, known, f.replied.yes, "with a reply", share(f.replied.yes, known)+" of "+count(known))
	known = f.turn.yes + f.turn.no
	add(schema.RoleTurn, known, f.turn.yes, "your turn", share(f.turn.yes, known)+" of "+count(known))
	add(schema.RoleRead, f.readKnown, f.unread, "unread by somebody", share(f.unread, f.readKnown)+" of "+count(f.readKnown))
	var open, all int64
	for _, kind := range f.tasks.of {
		open, all = open+kind.open, all+kind.open+kind.done
	}
	add(schema.RoleTaskDone, all, open, "open tasks", "of "+count(all))
	return list
}

// mostBars is the most bars of a chart; what is left is one more.
const mostBars = 10

func channelsCard(table *schema.Table, f *facts, q queries) barsCard {
	if why := missing(table, schema.RoleChannels); why != "" {
		return barsCard{Missing: why}
	}
	ranked := f.channels.ranked(func(c *channelFacts) int64 { return c.rows })
	called := newCalled(table, schema.RoleChannels)
	var list []bar
	var others, more int64
	for _, one := range ranked {
		switch {
		case one.T.rows == 0:
		case len(list) < mostBars:
			list = append(list, bar{Label: called.label(one.name), Value: count(one.T.rows), Parts: parts(f.rows, stretch{one.T.rows, "one"})})
		default:
			others, more = others+one.T.rows, more+1
		}
	}
	if others += f.channels.rest.rows; others > 0 {
		list = append(list, bar{Label: many(more, "other channel", "other channels"), Value: count(others), Parts: parts(f.rows, stretch{others, "rest"})})
	}
	if f.noChannel > 0 {
		list = append(list, bar{Label: "no channel given", Value: count(f.noChannel), Parts: parts(f.rows, stretch{f.noChannel, "rest"})})
	}
	card := barsCard{Bars: newBars("Conversations by channel", list), Note: "A conversation with several channels counts in each." + called.note, SQL: q.channels()}
	if len(list) == 0 {
		card.Missing = "No row."
	}
	return card
}

func tasksCard(table *schema.Table, f *facts, q queries) barsCard {
	if why := missing(table, schema.RoleTaskType, schema.RoleTaskDone); why != "" {
		return barsCard{Missing: why}
	}
	all := func(t *taskFacts) int64 { return t.open + t.done }
	ranked := f.tasks.ranked(all)
	if len(ranked) == 0 {
		return barsCard{Missing: "No conversation has a task."}
	}
	called := newCalled(table, schema.RoleTaskType)
	widest := all(ranked[0].T)
	others := f.tasks.rest
	var list []bar
	add := func(label string, t taskFacts) {
		list = append(list, bar{Label: label, Value: count(t.open) + " of " + count(all(&t)) + " open",
			Parts: parts(max(widest, all(&t)), stretch{t.open, "two"}, stretch{t.done, "rest"})})
	}
	for i, one := range ranked {
		if i < mostBars {
			add(called.label(one.name), *one.T)
			continue
		}
		others.open, others.done = others.open+one.T.open, others.done+one.T.done
	}
	if all(&others) > 0 {
		add("other types", others)
	}
	return barsCard{Bars: newBars("Tasks by type", list), SQL: q.tasks(),
		Note: "Tasks attached to conversations (lemlist calls them opportunities), by type." + called.note}
}

// mostFields is the most unknown fields that are listed.
const mostFields = 100

// unknownRows joins what the rows keep in extra with what the manifest says of it. Where
// the manifest hides names, because they hold the API key, so does the report.
func unknownRows(manifest []string, f *facts, kept bool) (rows []unknownRow, more int) {
	hidden, hides := exporter.Secret{}.String(), false
	notes := map[string]string{}
	none := "–" // not counted
	if kept {
		none = "0"
	}
	for _, text := range manifest {
		if strings.Contains(text, hidden) {
			hides = true
			continue
		}
		field, note, _ := strings.Cut(text, " (")
		field = shorten(field)
		notes[field] = shorten(strings.TrimSuffix(note, ")"))
		if _, counted := f.unknown.of[field]; !counted {
			rows = append(rows, unknownRow{Field: field, Note: notes[field], Rows: none, Share: ""})
		}
	}
	var counted []unknownRow
	for _, one := range f.unknown.ranked(func(n *int64) int64 { return *n }) {
		name := one.name
		if _, named := notes[name]; hides && !named {
			name = hidden
		}
		note := notes[name]
		if name == schema.QuoteName("") && note == "" {
			note = "an empty name"
		}
		counted = append(counted, unknownRow{Field: name, Note: note, Rows: count(*one.T), Share: share(*one.T, f.rows)})
	}
	rows = append(counted, rows...)
	if len(rows) > mostFields {
		return rows[:mostFields], len(rows) - mostFields
	}
	return rows, 0
}

func columnRows(table *schema.Table, f *facts) []columnRow {
	var rows []columnRow
	personal := table.Personal()
	for i, column := range table.Columns {
		rows = append(rows, columnRow{
			Name: column.Name, Type: typeText(column), Description: column.Description, Hashed: hashedIn(column),
			Filled: share(f.filled[i], f.rows), Bar: percent(f.filled[i], f.rows),
			Personal: slices.ContainsFunc(personal, func(name string) bool { return name == column.Name || strings.HasPrefix(name, column.Name+".") }),
		})
	}
	return rows
}

// hashedIn names what is hashed of a column: "" for the column itself, or its fields.
func hashedIn(column schema.Column) []string {
	fields := column.Fields
	if column.Elem != nil {
		fields = column.Elem.Fields
	}
	if column.Hashed || column.Elem != nil && column.Elem.Hashed {
		return []string{""}
	}
	var names []string
	for _, field := range fields {
		if field.Hashed {
			names = append(names, field.Name)
		}
	}
	return names
}

func typeText(column schema.Column) string {
	switch column.Type {
	case schema.List:
		return "list of " + typeText(*column.Elem)
	case schema.Struct:
		var fields []string
		for _, field := range column.Fields {
			fields = append(fields, field.Name)
		}
		return "struct (" + strings.Join(fields, ", ") + ")"
	case schema.String, schema.Bool, schema.Timestamp, schema.JSON:
	}
	return string(column.Type)
}
