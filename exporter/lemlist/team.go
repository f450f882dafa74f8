package lemlist

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/internal/nearest"
	"github.com/lemexport/lemexport/schema"
)

// team is what the source keeps of the team of the key.
type team struct {
	id    string
	users []string // in the API's order
}

// longestID is how many bytes the id of a user may have: it becomes part of queries,
// messages and the manifest. Those of lemlist have 21.
const longestID = 200

// teamOf takes the ids out of a record of the table team_users, which has at least one row.
func teamOf(rec arrow.Record) team {
	table := schema.TeamUsers()
	_, id, _ := table.ByRole(schema.RoleKey)
	_, teamID, _ := table.Column("team_id")
	users := rec.Column(id).(*array.String)
	found := team{id: strings.Clone(rec.Column(teamID).(*array.String).Value(0)), users: make([]string, 0, users.Len())}
	for i := range users.Len() {
		found.users = append(found.users, strings.Clone(users.Value(i)))
	}
	return found
}

// check refuses a team whose ids hold a part of the key: they are shown and stored.
func (t team) check(ctx context.Context, c *client.Client) error {
	if c.HoldsSecret(t.id) {
		return errors.New("not a team: its id holds the API key")
	}
	for _, id := range t.users { // one by one: two ids side by side may look like it
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(id) > longestID {
			return errors.New("not a team: the id of a user is too long")
		}
		if c.HoldsSecret(id) {
			return errors.New("not a team: the id of a user holds the API key")
		}
	}
	return nil
}

// usualID is the form of every user id that was seen.
var usualID = regexp.MustCompile(`^usr_[A-Za-z0-9]+$`)

// choose returns the users to read: those that were chosen, or the whole team.
// Whoever is chosen and not in the team is an error that names them, unless it is not an id:
// it could be a key.
func (t team) choose(chosen []string) ([]string, error) {
	if len(chosen) == 0 {
		return t.users, nil
	}
	there, seen := make(map[string]bool, len(t.users)), make(map[string]bool, len(chosen))
	for _, id := range t.users {
		there[id] = true
	}
	var users, unknown, shown []string
	for i, id := range chosen {
		switch {
		case seen[id]:
		case there[id]:
			users = append(users, id)
		case usualID.MatchString(id):
			unknown, shown = append(unknown, id), append(shown, id)
		default:
			shown = append(shown, fmt.Sprintf("element %d of users (not a user id)", i+1))
		}
		seen[id] = true
	}
	if len(shown) == 0 {
		return users, nil
	}
	err := fmt.Errorf("not in the team %s: %s", t.id, listed(shown))
	return nil, exporter.WithHint(err, t.suggest(unknown)+"The team's users are "+listed(t.users)+".")
}

// mostSuggested and mostCompared bound the search for ids that are near: how many
// ids it is for, and in how large a team.
const (
	mostSuggested = 5
	mostCompared  = 2_000
)

// suggest names the team's users whose ids are near the first of those given, a
// sentence each.
func (t team) suggest(unknown []string) string {
	var sentences strings.Builder
	for _, name := range unknown[:min(len(unknown), mostSuggested)] {
		if best := nearest.Name(name, t.users[:min(len(t.users), mostCompared)]); best != "" {
			fmt.Fprintf(&sentences, "Instead of %s, did you mean %s? ", name, best)
		}
	}
	return sentences.String()
}

// listed joins ids; a large team is cut.
func listed(ids []string) string {
	const most = 20
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}
