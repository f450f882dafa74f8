package config

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lemexport/lemexport/exporter"
)

// The defaults of a simulate block.
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

// sourceChecker checks a source block.
type sourceChecker struct {
	reader
	// team is empty in a configuration of one team without a name.
	team string
}

func (c sourceChecker) check(b *block) exporter.SourceConfig {
	config := exporter.SourceConfig{Type: c.sourceType(b)}
	c.members(&config, b, sourceShape().open(c.report, b))
	return config
}

// members reads the parts of a source block into config.
func (c sourceChecker) members(config *exporter.SourceConfig, b *block, in contents) {
	if a := in.attribute(forEachName); a != nil { // files have none any more
		c.report.fail(a.nameAt, a.address, "for_each in JSON", "A configuration in JSON reads one team. Remove for_each, and pass a configuration for each team.")
	}
	key, simulate, endpoint := in.attribute("api_key"), in.blocks["simulate"], in.attribute("endpoint")
	switch {
	case key != nil && simulate != nil:
		c.report.fail(simulate.at, simulate.address, "Both api_key and simulate",
			fmt.Sprintf("A source reads a real team or a simulated one. api_key is at %s. Remove one of the two.", c.report.where(key.nameAt)))
	case key == nil && simulate == nil && !in.meant["api_key"] && !in.meant["simulate"]:
		c.report.fail(b.at, b.address, "Missing api_key",
			c.report.form(b.at, "Add api_key = env(\"LEMLIST_API_KEY\"), or the block simulate {} to try lemexport without a key.",
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
	case endpoint != nil && simulate != nil && key == nil:
		c.report.fail(endpoint.nameAt, endpoint.address, "Both endpoint and simulate",
			"A simulated team has its own endpoint. Remove endpoint or simulate.")
	case endpoint != nil:
		config.Endpoint = c.endpoint(endpoint)
	}
	if simulate != nil {
		config.Simulate = c.simulation(simulate)
	}
	config.Margin = c.margin(in.blocks["margin"])
	if heartbeat := in.blocks[heartbeatName]; heartbeat != nil {
		config.Heartbeat = heartbeatChecker{c.reader}.check(heartbeat)
	}
}

// The bounds of a margin. Clocks differ by more than a second, and no cache or replica
// that is worth waiting for lags by more than a minute.
const (
	leastLookback = time.Second
	mostLookback  = 24 * time.Hour
	mostSettle    = time.Minute
)

// margin reads how much a walk allows for clocks, caches and replicas.
func (c sourceChecker) margin(b *block) exporter.Margin {
	margin := exporter.DefaultMargin()
	if b == nil {
		return margin
	}
	in := marginShape().open(c.report, b)
	return exporter.Margin{
		Lookback:  c.duration(in.attribute("lookback"), leastLookback, mostLookback, margin.Lookback),
		Increment: c.duration(in.attribute("increments"), leastLookback, mostLookback, margin.Increment),
		Settle:    c.duration(in.attribute("settle"), 0, mostSettle, margin.Settle),
	}
}

func (c sourceChecker) sourceType(b *block) string {
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
func (c sourceChecker) key(a *attribute) exporter.Secret {
	value, ok := c.text(a, required)
	if !ok {
		return exporter.Secret{}
	}
	switch {
	case strings.TrimSpace(value) != value:
		c.report.fail(a.at, a.address, "White space around the API key",
			"The key begins or ends with a space or a line break, so lemlist would reject it. Remove it"+
				c.report.form(a.at, ", or write trimspace(…) around the value.", "."))
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		c.report.fail(a.at, a.address, "Not an API key", "The key contains a space or a control character. Copy it again from lemlist.")
	}
	if a.isLiteral() && !exporter.IsSimulatedKey(value) {
		c.report.warn(a.at, a.address, "API key in a file",
			"Files are copied, shared and committed. Put the key into an environment variable and write api_key = env(\"LEMLIST_API_KEY\").")
	}
	return exporter.NewSecret(value)
}

func (c sourceChecker) users(a *attribute) []string {
	items, ok := c.texts(a)
	if !ok {
		return nil
	}
	// The shape of ids is known from examples only, so another form is allowed.
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
				fmt.Sprintf("Element %d", i+1)+" does not look like a lemlist user id: usr_ followed by letters and digits. Names and email addresses do not work here.")
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
func (c sourceChecker) retry(b *block) time.Duration {
	in := retryShape().open(c.report, b)
	return c.duration(in.attribute("max_elapsed"), leastMaxElapsed, mostMaxElapsed, exporter.DefaultMaxElapsed)
}

func (c sourceChecker) simulation(b *block) *exporter.Simulation {
	in := simulateShape().open(c.report, b)
	limited := true
	if a := in.attribute("rate_limit"); a != nil {
		limited = c.boolean(a)
	}
	return &exporter.Simulation{
		Users:         int(c.whole(in.attribute("users"), 1, maxTeamSize, defaultTeamSize)),
		Conversations: int(c.whole(in.attribute("conversations"), 0, maxConversations, defaultConversations)),
		Seed:          c.whole(in.attribute("seed"), 0, math.MaxUint64, c.seed()),
		Unlimited:     !limited,
	}
}

// seed is the default seed: simulated teams with different names have different rows.
func (c sourceChecker) seed() uint64 {
	if c.team == "" {
		return defaultSeed
	}
	const exact = 53 // bits of a number in JSON
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(c.team)) // a hash does not fail
	return hash.Sum64() >> (64 - exact)
}

// endpoint reads the base URL of the API and drops a final slash. No message
// repeats it: a URL can hold a key.
func (c sourceChecker) endpoint(a *attribute) string {
	value, ok := c.text(a, optional)
	if !ok {
		return ""
	}
	bad := func(summary, detail string) string {
		c.report.fail(a.at, a.address, summary, detail)
		return ""
	}
	u, err := exporter.ParseEndpoint(value)
	switch {
	case errors.Is(err, exporter.ErrEndpointCredentials):
		return bad("Credentials in the endpoint", "The part before the @ would be logged with the URL. Remove it and set api_key.")
	case errors.Is(err, exporter.ErrEndpointQuery):
		return bad("Query in the endpoint", "endpoint is the base URL of every request. Remove the part from ? or # on; the key belongs in api_key.")
	case errors.Is(err, exporter.ErrEndpointClear):
		return bad("Endpoint without encryption", "Over http the API key would be sent unencrypted. Use https; http is allowed only for this machine, for instance http://127.0.0.1:8080/api.")
	case err != nil:
		return bad("Invalid endpoint", "endpoint must be a URL like "+strconv.Quote(exporter.DefaultEndpoint)+".")
	}
	if !exporter.IsLoopback(u.Hostname()) && !exporter.IsLemlist(u) {
		c.report.warn(a.at, a.address, "Endpoint is not lemlist's",
			fmt.Sprintf("lemexport sends the API key to %s://%s instead of lemlist (%s). Remove endpoint unless that server should receive the key.", u.Scheme, u.Host, exporter.DefaultEndpoint))
	}
	return strings.TrimRight(value, "/")
}
