package sim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// maxTeams bounds the teams behind one address.
const maxTeams = 10_000

// sizeOctaves is how often the size of the largest team is halved for the smallest.
const sizeOctaves = 10

// TeamsOptions says which teams answer behind one address.
type TeamsOptions struct {
	// Count is the number of teams, 1 to 10,000.
	Count int
	// Each is how every team behaves. Its Seed makes the teams, their sizes and their
	// keys, so Key and Rows must not be set. One team has all of its Conversations; the
	// sizes of the others are spread evenly over ten halvings of them. A team has 1 to
	// Users users.
	Each Options
	// Revoked names the teams whose key is refused.
	Revoked []string
}

// Team is one of several simulated teams.
type Team struct {
	*Server
	// Name is `team-1`, with as many digits as the last team needs.
	Name string
	// Users is the number of its users, Size that of its conversations at the start.
	Users, Size int
	// Revoked says that its key is refused.
	Revoked bool
}

// Teams are simulated teams behind one address: each key opens a team with data,
// a clock and a rate limit of its own. It is an http.Handler, as Server is.
type Teams struct {
	list  []Team
	byKey map[string]*Server
	// stranger answers requests without the key of a team.
	stranger *Server
}

// NewTeams makes the teams. The same options make the same teams.
func NewTeams(options TeamsOptions) (*Teams, error) {
	if err := within("Count", options.Count, 1, maxTeams); err != nil {
		return nil, err
	}
	if options.Each.Key != "" || options.Each.Rows != nil {
		return nil, errors.New("sim: every team has a key and rows of its own: leave Each.Key and Each.Rows empty")
	}
	each, err := options.Each.withDefaults()
	if err != nil {
		return nil, err
	}
	teams := &Teams{byKey: map[string]*Server{}}
	largest := newStream(each.Seed, topicTeam, 0, 0)
	for i, all := 0, largest.below(options.Count); i < options.Count; i++ {
		team, own := teamOf(options, each, i)
		if i == all {
			team.Size = each.Conversations
		}
		own.Users, own.Conversations = team.Users, or(team.Size, None)
		if team.Server, err = New(own); err != nil {
			return nil, err
		}
		teams.list = append(teams.list, team)
		teams.byKey[own.Key] = team.Server
	}
	for _, name := range options.Revoked {
		if !slices.ContainsFunc(teams.list, func(team Team) bool { return team.Name == name }) {
			err = errors.Join(err, fmt.Errorf("sim: no team is named %q, whose key would be revoked; the teams are %s to %s", name, teams.list[0].Name, teams.list[options.Count-1].Name))
		}
	}
	if err != nil {
		return nil, err
	}
	own := options.Each
	own.Users, own.Conversations, own.Key = 1, None, teamKey(each.Seed, options.Count)
	teams.stranger, err = New(own)
	return teams, err
}

// teamOf returns team i of the options, with defaults in each, and the options it is made from.
func teamOf(options TeamsOptions, each Options, i int) (Team, Options) {
	dice := newStream(each.Seed, topicTeam, uint64(i)+1, 0)
	own := options.Each
	own.Seed, own.Key = dice.next(), teamKey(each.Seed, i)
	team := Team{
		Name:  fmt.Sprintf("team-%0*d", len(strconv.Itoa(options.Count)), i+1),
		Users: 1 + dice.below(each.Users),
	}
	if each.Conversations > 0 {
		octave := each.Conversations >> dice.below(sizeOctaves)
		team.Size = max(1, octave-dice.below(octave/2+1))
	}
	if slices.Contains(options.Revoked, team.Name) {
		team.Revoked, own.Account = true, AccountRevoked
	}
	return team, own
}

// teamKey is the key of team i: it begins as DefaultKey does, and opens nothing.
func teamKey(seed uint64, i int) string {
	dice := newStream(seed, topicKey, uint64(i), 0)
	return fmt.Sprintf("51301a7ed%07x%016x", i, dice.next())
}

// List returns the teams in the order of their names.
func (t *Teams) List() []Team { return slices.Clone(t.list) }

// Start makes the teams listen, as Server.Start does.
func (t *Teams) Start(ctx context.Context, address string) (*Running, error) {
	return listen(ctx, t, address)
}

// ServeHTTP lets the team of the request's key answer.
func (t *Teams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, basic := r.BasicAuth()
	if !basic {
		key = r.URL.Query().Get("access_token")
	}
	team, known := t.byKey[key]
	if !known {
		team = t.stranger
	}
	team.ServeHTTP(w, r)
}
