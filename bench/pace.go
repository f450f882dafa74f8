package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/pace"
)

// paceRun lets the program export simulated teams over HTTP, in real time, and measures
// the time between the first request and the last at the server.
func paceRun(ctx context.Context, options options) (string, error) {
	program := options.program
	if program == "" {
		program = filepath.Join(options.dir, "lemexport")
		if err := goBuild(ctx, "..", program, "CGO_ENABLED=0", release()...); err != nil {
			return "", err
		}
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return "", err
	}
	var out table
	out.row("window", "users", "latency", "requests", "first to last, s", "÷ (n − 20) / 10", "÷ the least", "most in 2 s", "429s")
	for _, window := range []sim.Window{sim.WindowFixed, sim.WindowSliding} {
		for _, users := range []int{1, 2, 5} {
			for _, latency := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, time.Second} {
				team := sim.Options{Users: users, Conversations: options.conversations, Latency: latency, Jitter: options.jitter, Window: window}
				got, err := exportAtPace(ctx, program, options.dir, team)
				if err != nil {
					return "", fmt.Errorf("%d users, %s: %w", users, latency, err)
				}
				out.row(string(window), strconv.Itoa(users), latency.String(), strconv.Itoa(got.requests), seconds(got.took),
					fmt.Sprintf("%.3f", got.took.Seconds()*10/float64(max(got.requests-ratelimit.Requests, 1))),
					fmt.Sprintf("%.3f", got.took.Seconds()/max(pace.LeastTime(got.requests, users, latency), time.Millisecond).Seconds()),
					strconv.Itoa(got.inWindow), strconv.Itoa(got.throttled))
				fmt.Fprintf(os.Stderr, "%s, %d users, %s: %s\n", window, users, latency, got.took)
			}
		}
	}
	return fmt.Sprintf("%s conversations, up to %s more latency by chance.\n\n%s", count(options.conversations), options.jitter, out), nil
}

// paced is what a server saw of an export.
type paced struct {
	requests, inWindow, throttled int
	took                          time.Duration
}

// exportAtPace is one apply at a simulation in this process.
func exportAtPace(ctx context.Context, program, within string, team sim.Options) (got paced, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience+4*ratelimit.Rate().LeastTime(int64(team.Conversations*team.Users/100)))
	defer cancel()
	server, err := sim.New(team)
	if err != nil {
		return got, err
	}
	listening, err := server.Start(ctx, "")
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, listening.Close()) }()
	dir, err := os.MkdirTemp(within, "pace-")
	if err != nil {
		return got, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := configure(dir, listening.URL()); err != nil {
		return got, err
	}
	if _, err := measured(applyIn(ctx, program, dir, server.Key())); err != nil {
		return got, err
	}
	calls, stats := server.Calls(), server.Stats()
	return paced{
		requests: len(calls), inWindow: stats.MaxInWindow, throttled: stats.Throttled,
		took: calls[len(calls)-1].Arrived.Sub(calls[0].Arrived),
	}, nil
}

// configure writes the configuration of one export.
func configure(dir, endpoint string) error {
	config := fmt.Sprintf(`source "lemlist" {
  api_key  = env("LEMEXPORT_BENCH_KEY")
  endpoint = %q
}

export "inbox_conversations" {
  destination = "./out"
}
`, endpoint)
	return os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600)
}

// applyIn is the apply of that configuration.
func applyIn(ctx context.Context, program, dir, key string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, "-chdir="+dir, "apply", "-auto-approve")
	// The ledger of the rate is the run's own: no earlier run counts.
	command.Env = append(os.Environ(), "LEMEXPORT_BENCH_KEY="+key, "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	return command
}
