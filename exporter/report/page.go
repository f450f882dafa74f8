package report

import (
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// page is what the template shows. All texts are plain: the template escapes.
type page struct {
	Simulated                                     bool
	File, Table, Team, Finished, Run, Tool, Bytes string
	Rows                                          int64
	Proof                                         proofCard
	Tiles                                         []tile
	Activity                                      lineChart
	ActivityNote                                  string
	Replies                                       repliesCard
	Turn                                          turnCard
	Channels, Tasks                               barsCard
	People                                        peopleCard
	Unknown                                       []unknownRow
	UnknownMore                                   int
	Columns                                       []columnRow
	Reduced                                       string
	// Extra is the column that keeps unknown fields; "" when the export leaves it out.
	Extra string
	// Conversations says that the rows are conversations, which most charts are about.
	Conversations bool
	// Personal says that users are not numbered, and Named that they have names.
	Personal, Named bool
	// NamesMissing says why users have no names; empty when nothing went wrong.
	NamesMissing string
}

// tile is one large number.
type tile struct{ Value, Label, Note string }

// barsCard is a chart of bars and a sentence about it; Missing says why there is none.
type barsCard struct {
	Bars          bars
	Note, Missing string
}

type unknownRow struct{ Field, Note, Rows, Share string }

type columnRow struct {
	Name, Type, Description, Filled, Bar string
	Personal, Hashed                     bool
}

func newPage(export Export, f *facts, options Options) page {
	m := export.Manifest
	names := newUserNames(f, m.Proof, export.Names, options.Personal)
	p := page{
		Simulated: m.Simulated, File: export.File, Table: export.Table.Name, Team: m.Source.TeamID, Finished: stamp(m.Window.FinishedAt),
		Run: m.RunID, Tool: strings.TrimSpace(m.Tool.Name + " " + m.Tool.Version), Bytes: size(export.Bytes), Rows: f.rows,
		Proof: newProofCard(m.Proof, names), Tiles: tiles(export.Table, f), Replies: newRepliesCard(export.Table, f),
		Turn: newTurnCard(export.Table, f, m.Simulated), Channels: channelsCard(export.Table, f), Tasks: tasksCard(export.Table, f),
		People: newPeopleCard(export.Table, f, m.Proof, names), Columns: columnRows(export.Table, f), Reduced: reduced(m), Personal: options.Personal,
		Extra: export.Table.NameOf(schema.RoleExtra), Conversations: ofConversations(export.Table), Named: names.named,
	}
	if options.Personal && export.NamesError != nil {
		p.NamesMissing = "Names of users are not shown: " + strings.ReplaceAll(export.NamesError.Error(), "\n", " ") + "."
	}
	p.Activity = newLineChart("Conversations by time", f.moments)
	p.ActivityNote = activityNote(m.Window, p.Activity)
	p.Unknown, p.UnknownMore = unknownRows(m.UnknownFields, f)
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

func activityNote(window exporter.Window, chart lineChart) string {
	var said []string
	if window.OldestActivity != nil && window.NewestActivity != nil {
		said = append(said, fmt.Sprintf("Newest activities from %s to %s.", date(*window.OldestActivity), date(*window.NewestActivity)))
	}
	said = append(said, "A conversation counts once in each line: at its newest activity, its creation and its newest reply. "+
		"The export has no earlier activities, so older "+chart.Step+"s look quieter than they were.")
	if chart.Early > 0 {
		said = append(said, many(chart.Early, "moment", "moments")+" far before the others are not drawn.")
	}
	return strings.Join(said, " ")
}

// mostBars is the most bars of a chart; what is left is one more.
const mostBars = 10

func channelsCard(table *schema.Table, f *facts) barsCard {
	if why := missing(table, schema.RoleChannels); why != "" {
		return barsCard{Missing: why}
	}
	ranked := f.channels.ranked(func(c *channelFacts) int64 { return c.rows })
	var list []bar
	var others, more int64
	for _, one := range ranked {
		switch {
		case one.T.rows == 0:
		case len(list) < mostBars:
			list = append(list, bar{Label: channelName(one.name), Value: count(one.T.rows), Parts: parts(f.rows, stretch{one.T.rows, "one"})})
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
	card := barsCard{Bars: newBars("Conversations by channel", list), Note: "A conversation with several channels counts in each."}
	if len(list) == 0 {
		card.Missing = "No row."
	}
	return card
}

func channelName(name string) string {
	if name == "" {
		return `""`
	}
	return name
}

func tasksCard(table *schema.Table, f *facts) barsCard {
	if why := missing(table, schema.RoleTaskType, schema.RoleTaskDone); why != "" {
		return barsCard{Missing: why}
	}
	all := func(t *taskFacts) int64 { return t.open + t.done }
	ranked := f.tasks.ranked(all)
	if len(ranked) == 0 {
		return barsCard{Missing: "No conversation has a task."}
	}
	widest := all(ranked[0].T)
	others := f.tasks.rest
	var list []bar
	add := func(label string, t taskFacts) {
		list = append(list, bar{Label: label, Value: count(t.open) + " of " + count(all(&t)) + " open",
			Parts: parts(max(widest, all(&t)), stretch{t.open, "two"}, stretch{t.done, "rest"})})
	}
	for i, one := range ranked {
		if i < mostBars {
			add(channelName(one.name), *one.T)
			continue
		}
		others.open, others.done = others.open+one.T.open, others.done+one.T.done
	}
	if all(&others) > 0 {
		add("other types", others)
	}
	return barsCard{Bars: newBars("Tasks by type", list), Note: "Tasks attached to conversations (lemlist calls them opportunities), by type."}
}

// mostFields is the most unknown fields that are listed.
const mostFields = 100

// unknownRows joins what the rows keep in extra with what the manifest says of it. Where
// the manifest hides names, because they hold the API key, so does the report.
func unknownRows(manifest []string, f *facts) (rows []unknownRow, more int) {
	hidden, hides := exporter.Secret{}.String(), false
	notes := map[string]string{}
	for _, text := range manifest {
		if strings.Contains(text, hidden) {
			hides = true
			continue
		}
		field, note, _ := strings.Cut(text, " (")
		field = shorten(field)
		notes[field] = shorten(strings.TrimSuffix(note, ")"))
		if _, counted := f.unknown.of[field]; !counted {
			rows = append(rows, unknownRow{Field: field, Note: notes[field], Rows: "–", Share: ""})
		}
	}
	var counted []unknownRow
	for _, one := range f.unknown.ranked(func(n *int64) int64 { return *n }) {
		name := one.name
		if _, named := notes[name]; hides && !named {
			name = hidden
		}
		counted = append(counted, unknownRow{Field: name, Note: notes[name], Rows: count(*one.T), Share: share(*one.T, f.rows)})
	}
	rows = append(counted, rows...)
	if len(rows) > mostFields {
		return rows[:mostFields], len(rows) - mostFields
	}
	return rows, 0
}

func columnRows(table *schema.Table, f *facts) []columnRow {
	var rows []columnRow
	for i, column := range table.Columns {
		rows = append(rows, columnRow{
			Name: column.Name, Type: typeText(column), Description: column.Description, Personal: column.Personal, Hashed: column.Hashed,
			Filled: share(f.filled[i], f.rows), Bar: percent(f.filled[i], f.rows),
		})
	}
	return rows
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
