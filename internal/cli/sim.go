package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// SimOptions are what `sim` was asked for.
type SimOptions struct {
	Address string
	// Teams is the number of teams, each with a key of its own; 0 stands for one
	// team with the key that every simulation has.
	Teams int
	// Users and Conversations are those of the one team, or of the largest.
	Users         int
	Conversations int
	// Revoked names teams whose key is refused.
	Revoked   []string
	Seed      uint64
	Unlimited bool
	// Drift is the expected number of jumps, of inserts and of deletions between
	// two reads of a list.
	Drift float64
	// DriftReads is the number of reads after which the team stands still; 0 stands for none.
	DriftReads int
	Faults     []SimFault
	Latency    time.Duration
}

// SimFault is one way the simulated API fails.
type SimFault struct {
	Kind string
	// Rate is the share of requests that it strikes; 0 stands for all.
	Rate float64
}

// SimServer is a simulated API that listens.
type SimServer interface {
	URL() string
	// Teams are the simulated teams; a single one has no name.
	Teams() []SimTeam
	// Traffic counts the requests of each of them so far.
	Traffic() []SimTraffic
	Close() error
}

// SimTeam is a simulated team.
type SimTeam struct {
	Name          string `json:"name"`
	Key           string `json:"api_key"`
	Users         int    `json:"users"`
	Conversations int    `json:"conversations"`
	Revoked       bool   `json:"revoked"`
}

// SimTraffic is what the server saw of the requests with the key of one team.
type SimTraffic struct {
	Team     string `json:"team,omitempty"`
	Requests int    `json:"requests"`
	// MaxInWindow is the most that arrived in any 2 seconds.
	MaxInWindow int `json:"max_in_window"`
	// Throttled is the number of those that were answered with 429.
	Throttled int `json:"throttled"`
}

func newSim(app App, views func() view) *cobra.Command {
	var options SimOptions
	var faults []string
	command := &cobra.Command{
		Use:   "sim",
		Short: "Serve a simulated lemlist API on this machine",
		Long: `Serves a simulated lemlist team over HTTP on a loopback address until ^C, and
prints a configuration for it. The same flags give the same team. With -teams it
serves several, each with a key and a rate limit of its own. At its end it says how
many requests each key made.`,
		Example: "  lemexport sim\n  lemexport sim -users=5 -conversations=20000 -drift=0.2 -fault=503-html=0.05\n" +
			"  lemexport sim -teams=50 -revoked=team-07",
		Args: atMost(0),
		RunE: func(command *cobra.Command, _ []string) error {
			for _, text := range faults {
				fault, err := parseFault(text)
				if err != nil {
					return usageError(command, "flag -fault does not take %q: %w", text, err)
				}
				if !slices.Contains(app.SimFaults, fault.Kind) {
					return usageError(command, "flag -fault does not take %q: it takes %s", fault.Kind, strings.Join(app.SimFaults, ", "))
				}
				options.Faults = append(options.Faults, fault)
			}
			switch {
			case options.Teams < 0:
				return usageError(command, "flag -teams takes 0 or more")
			case options.Teams == 0 && len(options.Revoked) > 0:
				return usageError(command, "flag -revoked needs -teams")
			case options.Users < 1:
				return usageError(command, "flag -users takes 1 or more")
			case options.Conversations < 0:
				return usageError(command, "flag -conversations takes 0 or more")
			case options.Latency < 0 || options.Latency > time.Hour:
				return usageError(command, "flag -latency takes 0 to 1h")
			case options.Drift < 0:
				return usageError(command, "flag -drift takes 0 or more")
			case options.DriftReads < 0:
				return usageError(command, "flag -drift-reads takes 0 or more")
			}
			return runSim(command.Context(), app, views(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Address, "addr", "127.0.0.1:8080", "listen on this loopback `ADDRESS`; port 0 takes a free one")
	flags.IntVar(&options.Teams, "teams", 0, "simulate `N` teams, each with a key of its own, up to -users and -conversations large; 0 simulates one")
	flags.StringArrayVar(&options.Revoked, "revoked", nil, "with -teams: refuse the key of the team `NAME`, for instance team-07; may be repeated")
	flags.IntVar(&options.Users, "users", 3, "simulate `N` users")
	flags.IntVar(&options.Conversations, "conversations", 5000, "simulate `N` conversations")
	flags.Uint64Var(&options.Seed, "seed", 1, "make the team from this `NUMBER`")
	flags.BoolVar(&options.Unlimited, "no-rate-limit", false, "do not limit the rate of requests")
	flags.Float64Var(&options.Drift, "drift", 0, "between two reads, move, add and delete `N` conversations on average, for instance 0.1")
	flags.IntVar(&options.DriftReads, "drift-reads", 0, "stop -drift after `N` reads; 0 never stops it")
	flags.StringArrayVar(&faults, "fault", nil, "fail with `KIND` or KIND=SHARE of requests, for instance 502-html=0.05; may be repeated; the kinds: "+strings.Join(app.SimFaults, ", "))
	flags.DurationVar(&options.Latency, "latency", 0, "delay every response by `TIME`, for instance 80ms")
	completes(command, "fault", app.SimFaults...)
	return command
}

func parseFault(text string) (SimFault, error) {
	kind, share, found := strings.Cut(text, "=")
	if !found {
		return SimFault{Kind: kind}, nil
	}
	rate, err := strconv.ParseFloat(share, 64)
	if err != nil || !(rate > 0 && rate <= 1) {
		return SimFault{}, errors.New("the share must be a number above 0, at most 1")
	}
	return SimFault{Kind: kind, Rate: rate}, nil
}

// runSim serves until a signal, which is not an error.
func runSim(ctx context.Context, app App, show view, options SimOptions) error {
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		server, err := app.ServeSim(ctx, options)
		if err != nil {
			return err
		}
		show.listening(server, options)
		<-ctx.Done()
		err = server.Close()
		show.traffic(server.Traffic())
		return err
	})
}
