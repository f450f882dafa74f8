package lemlist

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

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

// fetchTeam asks for the team, and keeps its ids. The caller holds the lock.
func (s *Source) fetchTeam(ctx context.Context) (response, error) {
	got, err := s.fetchTable(ctx, schema.TeamUsers())
	if err != nil {
		return got, fmt.Errorf("read the team: %w", err)
	}
	found := teamOf(got.page.Record)
	s.team = &found
	return got, nil
}

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

// checkIDs refuses a team whose ids hold a part of the key: they are shown and stored.
func (s *Source) checkIDs(ctx context.Context, found team) error {
	if s.client.HoldsSecret(found.id) {
		return errors.New("not a team: its id holds the API key")
	}
	for _, id := range found.users { // one by one: two ids side by side may look like it
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(id) > longestID {
			return errors.New("not a team: the id of a user is too long")
		}
		if s.client.HoldsSecret(id) {
			return errors.New("not a team: the id of a user holds the API key")
		}
	}
	return nil
}
