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
	Address       string
	Users         int
	Conversations int
	Seed          uint64
	Unlimited     bool
	// Drift is the expected number of jumps, of inserts and of deletions between
	// two reads of a list.
	Drift   float64
	Faults  []SimFault
	Latency time.Duration
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
	Key() string
	Close() error
}

func newSim(app App, views func() view) *cobra.Command {
	var options SimOptions
	var faults []string
	command := &cobra.Command{
		Use:   "sim",
		Short: "Serve a simulated lemlist API on this machine",
		Long: `Serves a simulated lemlist team over HTTP on a loopback address until ^C, and
prints a configuration for it. The same flags give the same team.`,
		Example: "  lemexport sim\n  lemexport sim -users=5 -conversations=20000 -drift=0.2 -fault=503-html=0.05",
		Args:    atMost(0),
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
			case options.Users < 1:
				return usageError(command, "flag -users takes 1 or more")
			case options.Conversations < 0:
				return usageError(command, "flag -conversations takes 0 or more")
			case options.Drift < 0:
				return usageError(command, "flag -drift takes 0 or more")
			}
			return runSim(command.Context(), app, views(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Address, "addr", "127.0.0.1:8080", "listen on this loopback `ADDRESS`; port 0 takes a free one")
	flags.IntVar(&options.Users, "users", 3, "simulate `N` users")
	flags.IntVar(&options.Conversations, "conversations", 5000, "simulate `N` conversations")
	flags.Uint64Var(&options.Seed, "seed", 1, "make the team from this `NUMBER`")
	flags.BoolVar(&options.Unlimited, "no-rate-limit", false, "do not limit the rate of requests")
	flags.Float64Var(&options.Drift, "drift", 0, "between two reads, move, add and delete `N` conversations on average, for instance 0.1")
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
		return server.Close()
	})
}
