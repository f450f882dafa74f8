package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// given is content that the caller brought. It is read as loosely as can be, so
// that broken rows can be served too.
type given struct {
	team  string
	users []string
	start []row
	raws  []json.RawMessage
	facts []givenFacts
	byID  map[string]uint32
}

// givenFacts is what a given row says about itself; zero where it says nothing
// that can be understood.
type givenFacts struct {
	id, contactID string
	members       []int
	answered      bool
}

// PageRows returns the rows of an API page: the elements of its `data`.
func PageRows(page []byte) ([]json.RawMessage, error) {
	var body struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(page, &body); err != nil {
		return nil, fmt.Errorf("sim: read page: %w", err)
	}
	return body.Data, nil
}

func newGiven(o Options) (*given, error) {
	g := &given{users: slices.Clone(o.UserIDs), byID: map[string]uint32{}}
	if len(o.Rows) > math.MaxInt32 {
		return nil, fmt.Errorf("sim: %d rows are too many", len(o.Rows))
	}
	names := make([][]string, len(o.Rows))
	for n, raw := range o.Rows {
		if !json.Valid(raw) {
			return nil, fmt.Errorf("sim: row %d of Rows is not JSON", n)
		}
		facts := givenFacts{id: text(raw, "_id"), contactID: text(raw, "contactId"), answered: string(member(raw, "haveReplies")) == "true"}
		g.byID[facts.id] = uint32(n)
		if g.team == "" {
			g.team = text(raw, "teamId")
		}
		names[n] = userNames(raw)
		if o.UserIDs == nil {
			for _, name := range names[n] {
				if !slices.Contains(g.users, name) {
					g.users = append(g.users, name)
				}
			}
		}
		g.facts = append(g.facts, facts)
		g.raws = append(g.raws, raw)
		g.start = append(g.start, row{created: instant(raw, "createdAt"), last: instant(raw, "lastActivityAt")})
	}
	// A team has an id and a member, if only so that somebody can ask.
	g.team = or(g.team, "tea_Simulated00000001")
	if len(g.users) == 0 {
		g.users = []string{"usr_Simulated00000001"}
	}
	for n := range g.facts {
		for user, name := range g.users {
			if len(names[n]) == 0 || slices.Contains(names[n], name) {
				g.facts[n].members = append(g.facts[n].members, user)
			}
		}
	}
	return g, nil
}

func (g *given) rows(int64) []row  { return slices.Clone(g.start) }
func (g *given) teamID() string    { return g.team }
func (g *given) userIDs() []string { return g.users }

func (g *given) shown(milliseconds int64) time.Time { return time.UnixMilli(milliseconds).UTC() }

func (g *given) appendID(dst []byte, n uint32) []byte { return append(dst, g.facts[n].id...) }

func (g *given) appendContactID(dst []byte, n uint32) []byte {
	return append(dst, g.facts[n].contactID...)
}

func (g *given) number(id string) (uint32, bool) { n, ok := g.byID[id]; return n, ok }

func (g *given) appendMembers(dst []int, n uint32, _ row) []int {
	return append(dst, g.facts[n].members...)
}

func (g *given) answered(n uint32) bool { return g.facts[n].answered }

func (g *given) appendJSON(dst []byte, n uint32, _ row) []byte { return append(dst, g.raws[n]...) }

// member returns the value of a key of a JSON object, nil when there is none.
func member(raw json.RawMessage, key string) json.RawMessage {
	var object map[string]json.RawMessage
	_ = json.Unmarshal(raw, &object) // no object has no members
	return object[key]
}

func text(raw json.RawMessage, key string) string {
	var value string
	_ = json.Unmarshal(member(raw, key), &value)
	return value
}

func instant(raw json.RawMessage, key string) int64 {
	at, err := time.Parse(time.RFC3339, text(raw, key))
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}

func userNames(raw json.RawMessage) []string {
	var users []json.RawMessage
	_ = json.Unmarshal(member(raw, "users"), &users)
	var names []string
	for _, user := range users {
		if name := text(user, "userId"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
