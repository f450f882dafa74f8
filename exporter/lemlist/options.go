package lemlist

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// Options says which team to read, and how.
type Options struct {
	// Endpoint is the base URL of the API, for instance
	// https://api.lemlist.com/api. Plain http is for this machine only.
	Endpoint string
	// Key is the API key of one of the team's users. Required.
	Key exporter.Secret
	// Users are the ids of the users to read, in this order; empty means every
	// user of the team.
	Users []string
	// Observer receives events; nil is nobody.
	Observer exporter.Observer
	// Logger gets every attempt at level debug; nil logs nothing.
	Logger *slog.Logger
	// UserAgent names the program, for instance "lemexport/1.2.3"; "" is "lemexport".
	UserAgent string
	// Unlimited switches the rate limit off, for a simulation on this machine
	// that has none.
	Unlimited bool
	// Ledger returns the ledger of a name, in which the processes that use the same key
	// share its rate limit. The name does not reveal the key. nil shares with no process,
	// as Unlimited does.
	Ledger func(name string) ratelimit.Ledger

	// Memory is the budget of the run, in bytes, of which pages in flight take a
	// quarter at most; 0 is [exporter.DefaultMemory].
	Memory int64
	// Responses bounds the responses of the sources that share it; nil is a bound of Memory
	// for this source alone. Sources whose rows wait for somebody outside must not share
	// one: a large response of the one would hold up those of the others.
	Responses *client.Memory

	// Margin is what the walk allows for clocks, caches and replicas; zero is
	// [exporter.DefaultMargin].
	Margin exporter.Margin

	// MaxElapsed is how long one request is tried before the run ends; 0 is
	// [exporter.DefaultMaxElapsed].
	MaxElapsed time.Duration

	// policy replaces the policy of the client, and dial the network, in tests.
	policy *client.Policy
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// pageSizesToTry are the sizes of pages to ask for, one after the other; 0 leaves it to the
// server. The maximum of `limit` is not documented; public clients use 50 and 100.
func pageSizesToTry() []int { return []int{100, 50, 0} }

// client opens the client of the options.
func (o Options) client(obs exporter.Observer) (*client.Client, error) {
	policy := client.DefaultPolicy(o.MaxElapsed, prover.MostInFlight)
	if o.policy != nil {
		policy = *o.policy
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Responses == nil {
		o.Responses = client.NewMemory(cmp.Or(o.Memory, exporter.DefaultMemory))
	}
	return client.New(client.Options{
		Endpoint: o.Endpoint, Key: o.Key, UserAgent: cmp.Or(o.UserAgent, "lemexport"), Unlimited: o.Unlimited, Ledger: o.Ledger,
		Memory: o.Responses, Policy: policy, Observer: obs, Logger: o.Logger, Dial: o.dial,
	})
}
