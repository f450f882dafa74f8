package cli

import (
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/schema"
)

// listeningText says where the simulated API is, and is a configuration for it
// from the first empty line on.
func listeningText(server SimServer, options SimOptions) string {
	teams := server.Teams()
	size := many(int64(options.Users), "user") + ", " + many(int64(options.Conversations), "conversation")
	key := fmt.Sprintf("  api_key  = %q # opens nothing but this simulation\n", teams[0].Key)
	destination := "./out"
	if options.Teams > 0 {
		size = fmt.Sprintf("%s of up to %s", many(int64(len(teams)), "team"), strings.Replace(size, ", ", " and ", 1))
		key = keysOf(teams) + "  api_key  = each.value\n"
		destination = "./out/team=${each.key}"
	}
	return fmt.Sprintf(`Simulated lemlist API at %s (%s, seed %d).
%s Stop it with ^C.

source "lemlist" {
%s  endpoint = "%s"
}

export "%s" {
  destination = "%s"
}
`, bold(server.URL()), size, options.Seed, bold(simulatedNotice), key, server.URL(), schema.Default().Name, destination)
}

// keysOf is the attribute that makes a source of every team.
func keysOf(teams []SimTeam) string {
	var out strings.Builder
	out.WriteString("  for_each = { # the keys open nothing but this simulation\n")
	for _, team := range teams {
		revoked := ""
		if team.Revoked {
			revoked = ", revoked"
		}
		fmt.Fprintf(&out, "    %q = %q # %s, %s%s\n", team.Name, team.Key,
			many(int64(team.Users), "user"), many(int64(team.Conversations), "conversation"), revoked)
	}
	out.WriteString("  }\n")
	return out.String()
}

// trafficText counts the requests that the simulated API saw, by team.
func trafficText(seen []SimTraffic) string {
	rows := [][]string{{"team", "requests", "most in 2 s", "answered with 429"}}
	var total SimTraffic
	for _, one := range seen {
		total.Requests += one.Requests
		total.MaxInWindow = max(total.MaxInWindow, one.MaxInWindow)
		total.Throttled += one.Throttled
		rows = append(rows, trafficRow(one.Team, one))
	}
	if len(seen) > 1 {
		rows = append(rows, trafficRow("all, and the most of one", total))
	}
	if seen[0].Team == "" {
		for i, row := range rows {
			rows[i] = row[1:]
		}
		return "\n" + table(rows, 0, 1, 2)
	}
	return "\n" + table(rows, 1, 2, 3)
}

func trafficRow(name string, seen SimTraffic) []string {
	return []string{name, count(int64(seen.Requests)), count(int64(seen.MaxInWindow)), count(int64(seen.Throttled))}
}
