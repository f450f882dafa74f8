package config

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"github.com/lemexport/lemexport/exporter"
)

// What a source block leaves out.
const (
	defaultTeamSize      = 3
	defaultConversations = 5000
	defaultSeed          = 1
)

// The bounds of a simulated team.
const (
	maxTeamSize      = 100
	maxConversations = 10_000_000
)

// keyVariable is the variable that the documentation uses for the key.
const keyVariable = "LEMLIST_API_KEY"

func (c *checker) source(b *block) exporter.SourceConfig {
	config := exporter.SourceConfig{Type: c.sourceType(b)}
	c.members(&config, b, c.open(b, sourceShape()))
	return config
}

// members reads the parts of a source block into config.
func (c *checker) members(config *exporter.SourceConfig, b *block, in contents) {
	key, simulate, endpoint := in.attribute("api_key"), in.blocks["simulate"], in.attribute("endpoint")
	switch {
	case key != nil && simulate != nil:
		c.report.fail(simulate.at, simulate.address, "Both api_key and simulate",
			fmt.Sprintf("A source reads a real team or a simulated one. api_key is at %s. Remove one of the two.", c.report.where(key.nameAt)))
	case key == nil && simulate == nil && !in.meant["api_key"] && !in.meant["simulate"]:
		c.report.fail(b.at, b.address, "Missing api_key",
			c.report.form("Add api_key = env(\"LEMLIST_API_KEY\"), or the block simulate {} to try lemexport without a key.",
				`Add "api_key": "…", or "simulate": {} to try lemexport without a key.`))
	}
	if key != nil {
		config.APIKey = c.key(key)
	}
	if users := in.attribute("users"); users != nil {
		config.Users = c.users(users)
	}
	if retry := in.blocks["retry"]; retry != nil {
		config.MaxElapsed = c.retry(retry)
	}
	if age := in.attribute("journal_max_age"); age != nil {
		config.JournalMaxAge = c.duration(age, leastJournalAge, mostJournalAge, exporter.DefaultJournalMaxAge)
	}
	switch {
	case simulate == nil && endpoint == nil:
		config.Endpoint = exporter.DefaultEndpoint
	case endpoint != nil && simulate != nil:
		c.report.fail(endpoint.nameAt, endpoint.address, "Both endpoint and simulate",
			"A simulated team has an endpoint of its own. Remove endpoint, or remove simulate.")
	case endpoint != nil:
		config.Endpoint = c.endpoint(endpoint)
	}
	if simulate != nil {
		config.Simulate = c.simulation(simulate)
	}
	config.Margin = c.margin(in.blocks["margin"])
}

// The bounds of a margin. Less than a second covers no clock, and a walk that
// settles for more than a minute waits for something else.
const (
	leastLookback = time.Second
	mostLookback  = 24 * time.Hour
	mostSettle    = time.Minute
)

// margin reads how much a walk allows for clocks, caches and replicas.
func (c *checker) margin(b *block) exporter.Margin {
	margin := exporter.DefaultMargin()
	if b == nil {
		return margin
	}
	in := c.open(b, marginShape())
	return exporter.Margin{
		Lookback:  c.duration(in.attribute("lookback"), leastLookback, mostLookback, margin.Lookback),
		Increment: c.duration(in.attribute("increments"), leastLookback, mostLookback, margin.Increment),
		Settle:    c.duration(in.attribute("settle"), 0, mostSettle, margin.Settle),
	}
}

func (c *checker) sourceType(b *block) string {
	if len(b.labels) == 0 {
		return ""
	}
	name := b.labels[0]
	if name.text != "lemlist" {
		c.report.fail(name.at, b.address, "Unknown source type",
			"The only source type is \"lemlist\"."+didYouMean(name.text, []string{"lemlist"}))
	}
	return name.text
}

// key checks the API key without ever naming its value.
func (c *checker) key(a *attribute) exporter.Secret {
	value, ok := c.text(a, required)
	if !ok {
		return exporter.Secret{}
	}
	switch {
	case strings.TrimSpace(value) != value:
		c.report.fail(a.at, a.address, "White space around the API key",
			"The key begins or ends with a blank or a line break, which lemlist would refuse. Remove it"+
				c.report.form(", or write trimspace(env(\"LEMLIST_API_KEY\")).", "."))
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		c.report.fail(a.at, a.address, "Not an API key", "The key holds a blank or a control character. Copy it again from lemlist.")
	}
	if len(a.variables()) == 0 && a.at.file != nil {
		c.report.warn(a.at, a.address, "API key in a file",
			"Files are copied, shared and committed. Put the key into an environment variable and write api_key = env(\"LEMLIST_API_KEY\").")
	}
	return exporter.NewSecret(value)
}

func (c *checker) users(a *attribute) []string {
	items, ok := c.texts(a)
	if !ok {
		return nil
	}
	// The shape of ids is known from examples only, so another one is no error.
	usual := regexp.MustCompile(`^[a-z]{3}_[A-Za-z0-9]+$`)
	first := make(map[string]int)
	var users []string
	for i, user := range items {
		at, address := a.item(i), fmt.Sprintf("%s[%d]", a.address, i)
		if earlier, again := first[user]; again {
			c.report.fail(at, address, "User listed twice",
				fmt.Sprintf("Elements %d and %d are the same. Remove one of the two.", earlier+1, i+1))
			continue
		}
		first[user] = i
		users = append(users, user)
		if !usual.MatchString(user) {
			c.report.warn(at, address, "Unusual user id",
				fmt.Sprintf("Element %d", i+1)+" does not look like a lemlist user id, which is usr_ and letters and digits. Names and email addresses do not work here.")
		}
	}
	return users
}

// The bounds of journal_max_age. A walk of a team takes longer than seconds,
// and a week is how long a journal is kept.
const (
	leastJournalAge = time.Minute
	mostJournalAge  = 7 * 24 * time.Hour
)

// The bounds of max_elapsed: a wait between two attempts takes up to 20 s.
const (
	leastMaxElapsed = time.Second
	mostMaxElapsed  = 24 * time.Hour
)

// retry reads how long a failing request is tried.
func (c *checker) retry(b *block) time.Duration {
	in := c.open(b, retryShape())
	return c.duration(in.attribute("max_elapsed"), leastMaxElapsed, mostMaxElapsed, exporter.DefaultMaxElapsed)
}

func (c *checker) simulation(b *block) *exporter.Simulation {
	in := c.open(b, simulateShape())
	limited := true
	if a := in.attribute("rate_limit"); a != nil {
		limited = c.boolean(a)
	}
	return &exporter.Simulation{
		Users:         int(c.whole(in.attribute("users"), 1, maxTeamSize, defaultTeamSize)),
		Conversations: int(c.whole(in.attribute("conversations"), 0, maxConversations, defaultConversations)),
		Seed:          c.whole(in.attribute("seed"), 0, math.MaxUint64, defaultSeed),
		Unlimited:     !limited,
	}
}

// secretPlace is where one kind of secret belongs.
type secretPlace struct {
	// block and attribute are its only place.
	block, attribute string
	// summary and name are for people.
	summary, name string
	// variable is the one that the documentation uses for it.
	variable string
}

func secretPlaces() []secretPlace {
	return []secretPlace{
		{"source", "api_key", "API key outside api_key", "the API key", keyVariable},
		{"columns", "hash_key", "Hash key outside hash_key", "the hash key", "LEMEXPORT_HASH_KEY"},
	}
}

func (s secretPlace) is(parent *block, a *attribute) bool {
	return parent.kind == s.block && a.name == s.attribute
}

// keepInPlace reports a secret where it does not belong: every other value is
// printed, logged and stored. It goes by the variable that a value came from,
// and by the text itself.
func (c *checker) keepInPlace(place secretPlace, blocks []*block) {
	variables := map[string]bool{place.variable: true}
	var keys []string
	each(blocks, func(parent *block, a *attribute) {
		if !place.is(parent, a) || a.failed {
			return
		}
		for name := range a.variables() {
			variables[name] = true
		}
		if value := a.bare(); !value.IsNull() && value.Type() == cty.String && value.AsString() != "" {
			keys = append(keys, value.AsString())
			c.report.secret(value.AsString())
		}
	})
	each(blocks, func(parent *block, a *attribute) {
		if place.is(parent, a) || a.failed || !holdsKey(a, variables, keys) {
			return
		}
		c.report.hide(a.at)
		c.report.fail(a.at, a.address, place.summary,
			fmt.Sprintf("The value of %s holds %s, which must be nowhere else. Use another variable or text here.", a.name, place.name))
		a.failed = true
	})
}

// holdsKey reports whether a value depends on one of the variables or contains
// one of the keys.
func holdsKey(a *attribute, variables map[string]bool, keys []string) bool {
	for name := range a.variables() {
		if variables[name] {
			return true
		}
	}
	found := false
	_ = cty.Walk(a.bare(), func(_ cty.Path, value cty.Value) (bool, error) {
		if value.Type() == cty.String && value.IsKnown() && !value.IsNull() {
			for _, key := range keys {
				found = found || len(key) >= shortestSecret && strings.Contains(value.AsString(), key)
			}
		}
		return true, nil
	})
	return found
}
