package lemlist

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
)

// team is what the client keeps of GET /team?version=v2. The rest of the body,
// which holds secrets (webhook addresses, keys), is neither kept nor quoted.
type team struct {
	id    string
	users []string // in the API's order
}

// longestID is how many bytes an id of a team or a user may have: it becomes part of
// queries, messages and the manifest. Those of lemlist have 21.
const longestID = 200

// readTeam asks for the team of the key.
func (c *client) readTeam(ctx context.Context) (team, cost, error) {
	var found team
	spent, err := c.ask(ctx, question{
		path:   "team",
		plain:  true,
		values: func() url.Values { return url.Values{"version": {"v2"}} },
		accept: func(good answer) (err error) {
			found, err = decodeTeam(good.text())
			if err == nil {
				err = c.checkIDs(ctx, found)
			}
			return err
		},
	})
	return found, spent, err
}

// checkIDs refuses a team whose ids hold a part of the key: they are shown and stored.
func (c *client) checkIDs(ctx context.Context, found team) error {
	if c.redact.Holds(found.id) {
		return errors.New("not a team: its id holds the API key")
	}
	for _, id := range found.users { // one by one: two ids side by side may look like it
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.redact.Holds(id) {
			return errors.New("not a team: the id of a user holds the API key")
		}
	}
	return nil
}

// decodeTeam takes the ids out of the body: the union of `userIds` and
// `users[].userId`, which do not always name the same people. Its errors quote nothing.
func decodeTeam(body []byte) (team, error) {
	var wire struct {
		ID      string   `json:"_id"`
		UserIDs []string `json:"userIds"`
		Users   []struct {
			ID string `json:"userId"`
		} `json:"users"`
	}
	if len(body) == 0 {
		return team{}, errors.New("not a team: empty body")
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return team{}, errors.New("not a team: not the JSON that is documented")
	}
	found := team{id: wire.ID}
	for _, user := range wire.Users {
		wire.UserIDs = append(wire.UserIDs, user.ID)
	}
	known := make(map[string]struct{}, len(wire.UserIDs))
	for _, id := range wire.UserIDs {
		if len(id) > longestID {
			return team{}, errors.New("not a team: the id of a user is too long")
		}
		if _, again := known[id]; id != "" && !again {
			known[id] = struct{}{}
			found.users = append(found.users, id)
		}
	}
	switch {
	case found.id == "":
		return team{}, errors.New("not a team: it has no id")
	case len(found.id) > longestID:
		return team{}, errors.New("not a team: its id is too long")
	case len(found.users) == 0:
		return team{}, errors.New("not a team: it has no users")
	}
	return found, nil
}
