package report

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// queries writes the SQL of the charts: DuckDB runs it in the folder of the export and
// gives the numbers of the chart.
type queries struct {
	table *schema.Table
	from  string
}

func newQueries(export Export) queries {
	q := queries{table: export.Table, from: "'" + strings.ReplaceAll(export.Pattern, "'", "''") + "'"}
	if !strings.Contains(path.Base(export.Pattern), "*") {
		return q
	}
	// The files of an append hold a row once for each version that a run has read.
	order := q.name(schema.RoleFetched) + " DESC"
	if version := q.name(schema.RoleVersion); version != "" {
		order = version + " DESC NULLS LAST, " + order
	}
	files := q.from
	if strings.HasSuffix(export.Pattern, ".parquet") {
		files = "read_parquet(" + q.from + ", union_by_name = true)"
	}
	q.from = fmt.Sprintf("(\n  FROM %s\n  QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s) = 1)", files, q.name(schema.RoleKey), order)
	return q
}

// name is the name of a column, or of a field in its struct; "" when the export has none.
func (q queries) name(role schema.Role) string {
	name := q.table.NameOf(role)
	return name[strings.LastIndexByte(name, '.')+1:]
}

func (q queries) activity(step step, roles []schema.Role) string {
	var names []string
	for _, role := range roles {
		names = append(names, q.name(role))
	}
	columns := strings.Join(names, ", ")
	return fmt.Sprintf(`SELECT moment, date_trunc('%s', seen AT TIME ZONE 'UTC')::DATE AS %[1]s, count(*) AS conversations
FROM (UNPIVOT (SELECT %[2]s FROM %[3]s) ON %[2]s INTO NAME moment VALUE seen)
GROUP BY ALL ORDER BY ALL;`, step, columns, q.from)
}

func (q queries) channels() string {
	return fmt.Sprintf(`SELECT channel, count(*) AS conversations
FROM (SELECT unnest(coalesce(nullif(%s, []), ['no channel given'])) AS channel FROM %s)
GROUP BY ALL ORDER BY conversations DESC, channel;`, q.name(schema.RoleChannels), q.from)
}

func (q queries) rateByChannel() string {
	return fmt.Sprintf(`SELECT channel, count(*) FILTER (%[2]s) AS replied, count(%[2]s) AS conversations
FROM (SELECT unnest(['all conversations'] || %[1]s) AS channel, %[2]s FROM %[3]s)
GROUP BY ALL ORDER BY conversations DESC, channel;`, q.name(schema.RoleChannels), q.name(schema.RoleReplied), q.from)
}

func (q queries) rateByUser() string {
	return fmt.Sprintf(`SELECT participant.%[1]s, count(*) FILTER (%[2]s) AS replied, count(%[2]s) AS conversations
FROM (SELECT unnest(%[3]s) AS participant, %[2]s FROM %[4]s)
WHERE participant.%[1]s IS NOT NULL
GROUP BY ALL ORDER BY count(*) DESC, participant.%[1]s;`, q.name(schema.RoleUserID), q.name(schema.RoleReplied), q.name(schema.RoleParticipants), q.from)
}

func (q queries) replyTimes() string {
	return fmt.Sprintf(`SELECT isodow(seen) AS weekday, hour(seen) AS hour, count(*) AS replies
FROM (SELECT %[1]s AT TIME ZONE 'UTC' AS seen FROM %[2]s WHERE %[1]s IS NOT NULL)
GROUP BY ALL ORDER BY ALL;`, q.name(schema.RoleRepliedAt), q.from)
}

// durations counts by the edges of h the hours from one time to another.
func (q queries) durations(h histogram, from, to, where string) string {
	var cases strings.Builder
	for i, edge := range h.edges {
		fmt.Fprintf(&cases, "  WHEN hours < %.0f THEN '%s'\n", edge.at.Hours(), h.name(i))
	}
	return fmt.Sprintf(`SELECT CASE
%s  ELSE '%s' END AS duration, count(*) AS conversations
FROM (SELECT (epoch_us(%s) - epoch_us(%s)) / 3600e6 AS hours FROM %s WHERE %s)
GROUP BY ALL ORDER BY min(hours);`, cases.String(), h.name(len(h.edges)), to, from, q.from, where)
}

func (q queries) after(h histogram) string {
	sent, replied := q.name(schema.RoleSentAt), q.name(schema.RoleRepliedAt)
	return q.durations(h, sent, replied, replied+" > "+sent)
}

func (q queries) waiting(h histogram, until time.Time) string {
	replied := q.name(schema.RoleRepliedAt)
	return q.durations(h, replied, "TIMESTAMPTZ '"+until.UTC().Format("2006-01-02 15:04:05.999999")+"+00'",
		q.name(schema.RoleTurn)+" AND "+replied+" IS NOT NULL")
}

func (q queries) first(h histogram) string {
	var days []string
	for _, edge := range h.edges {
		if edge.at >= day {
			days = append(days, strconv.FormatInt(int64(edge.at/day), 10))
		}
	}
	return fmt.Sprintf(`SELECT within AS within_days, count(*) FILTER (days < within) AS replied, count(*) AS conversations
FROM (SELECT (epoch_us(%[1]s) - epoch_us(%[2]s)) / 86400e6 AS days FROM %[3]s WHERE %[1]s >= %[2]s),
  (SELECT unnest([%[4]s]) AS within)
GROUP BY ALL ORDER BY ALL;`, q.name(schema.RoleRepliedAt), q.name(schema.RoleCreated), q.from, strings.Join(days, ", "))
}

func (q queries) turn() string {
	return fmt.Sprintf("SELECT %s, count(*) AS conversations\nFROM %s\nGROUP BY ALL ORDER BY ALL;", q.name(schema.RoleTurn), q.from)
}

func (q queries) unread() string {
	return fmt.Sprintf(`SELECT participant.%[1]s, count(*) FILTER (NOT participant.%[2]s) AS unread, count(*) AS conversations
FROM (SELECT unnest(%[3]s) AS participant FROM %[4]s)
WHERE participant.%[1]s IS NOT NULL
GROUP BY ALL ORDER BY conversations DESC, participant.%[1]s;`, q.name(schema.RoleUserID), q.name(schema.RoleRead), q.name(schema.RoleParticipants), q.from)
}

func (q queries) tasks() string {
	return fmt.Sprintf(`SELECT task.%[1]s, count(*) FILTER (task.%[2]s IS NOT true) AS open, count(*) AS tasks
FROM (SELECT unnest(%[3]s) AS task FROM %[4]s)
GROUP BY ALL ORDER BY tasks DESC, task.%[1]s;`, q.name(schema.RoleTaskType), q.name(schema.RoleTaskDone), q.name(schema.RoleTasks), q.from)
}

// people counts what the list of users does, as far as the export has the columns.
func (q queries) people() string {
	id, turn := q.name(schema.RoleUserID), q.name(schema.RoleTurn)
	selected := []string{"participant." + id, "count(*) AS conversations"}
	if sender := q.name(schema.RoleSender); sender != "" {
		selected = append(selected, "count(*) FILTER (participant."+sender+") AS sends_in")
	}
	if read := q.name(schema.RoleRead); read != "" {
		selected = append(selected, "count(*) FILTER (NOT participant."+read+") AS unread")
	}
	columns := "unnest(" + q.name(schema.RoleParticipants) + ") AS participant"
	if turn != "" {
		columns += ", " + turn
		selected = append(selected, "count(*) FILTER ("+turn+") AS teams_turn")
	}
	return fmt.Sprintf("SELECT %s\nFROM (SELECT %s FROM %s)\nWHERE participant.%[4]s IS NOT NULL\nGROUP BY ALL ORDER BY conversations DESC, participant.%[4]s;",
		strings.Join(selected, ",\n  "), columns, q.from, id)
}
