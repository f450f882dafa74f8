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

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
)

const (
	// leastGrowth is the smallest inbox, and the largest is a power of ten times it.
	leastGrowth = 1000
	// mostOfTeam is the largest inbox of a team of several users: one of one user says as much
	// of how the cost grows, and takes half the time.
	mostOfTeam = 1_000_000
	// perConversation bounds a step: far more than it takes.
	perConversation = time.Millisecond
)

// growthTeams are the teams by their users.
func growthTeams() []int { return []int{1, 5} }

// step is what is measured, on the inbox of a team of so many users.
type step struct {
	name  string
	users int
}

// growthSteps are the names of the steps, in the order in which they run.
func growthSteps() []string { return []string{"apply", "verify", "report", "merge"} }

// writing is the name of a part of apply, of which only the CPU is known.
const writing = "its writing"

// growth is what each step took, by the size of the inbox.
type growth struct {
	sizes []int
	took  map[step]map[int]process.Usage
}

// growthRun measures how the cost of the program grows with the inbox, without a rate
// limit, and writes a plot of it.
func growthRun(ctx context.Context, options options) (string, error) {
	if options.growth < leastGrowth {
		return "", fmt.Errorf("-growth takes %d conversations or more", leastGrowth)
	}
	programs, err := buildGrowth(ctx, options.dir)
	if err != nil {
		return "", err
	}
	all := growth{took: make(map[step]map[int]process.Usage)}
	for size := leastGrowth; size <= options.growth; size *= 10 {
		all.sizes = append(all.sizes, size)
		for _, users := range growthTeams() {
			if users > 1 && size > mostOfTeam {
				continue
			}
			runs := make(map[string][]process.Usage)
			for run := range options.runs {
				one := growthOf{programs: programs, users: users, conversations: size}
				if err := one.measure(ctx, options.dir, runs); err != nil {
					return "", fmt.Errorf("%s conversations of %d users: %w", count(size), users, err)
				}
				for _, name := range growthSteps() {
					fmt.Fprintf(os.Stderr, "%s conversations, users %d, run %d of %d: %-6s %s\n", count(size), users, run+1, options.runs, name, runs[name][run])
				}
			}
			for name, taken := range runs {
				all.note(step{name, users}, size, medianOf(taken))
			}
		}
	}
	if options.plot != "" {
		if err := all.plot(options.plot); err != nil {
			return "", err
		}
	}
	return all.String(options.runs), nil
}

func (g growth) note(one step, size int, took process.Usage) {
	if g.took[one] == nil {
		g.took[one] = make(map[int]process.Usage)
	}
	g.took[one][size] = took
}

// sizesOf are the sizes of the inboxes on which a step was measured.
func (g growth) sizesOf(one step) (sizes []int) {
	for _, size := range g.sizes {
		if _, ok := g.took[one][size]; ok {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// product is the program as it is released.
const product program = "lemexport"

// buildGrowth builds the program, and the one that applies without a rate limit.
func buildGrowth(ctx context.Context, dir string) (map[program]string, error) {
	programs := map[program]string{product: filepath.Join(dir, string(product)), engine: filepath.Join(dir, string(engine))}
	return programs, errors.Join(
		goBuild(ctx, "..", programs[product], "CGO_ENABLED=0", release()...),
		goBuild(ctx, "./engine", programs[engine], "CGO_ENABLED=0", release()...),
	)
}

// growthOf measures the steps on one team.
type growthOf struct {
	programs             map[program]string
	users, conversations int
}

// measure runs every step once: an export, what reads its file, and a merge into it.
func (g growthOf) measure(ctx context.Context, dir string, runs map[string][]process.Usage) error {
	dir, err := os.MkdirTemp(dir, "growth-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(g.conversations)*perConversation)
	defer cancel()
	note := func(name string, took process.Usage, err error) error {
		runs[name] = append(runs[name], took)
		return err
	}
	out := filepath.Join(dir, "out", "inbox_conversations.parquet")
	snapshot, err := g.apply(ctx, out, exporter.ModeSnapshot, nil)
	if err := note("apply", snapshot, err); err != nil {
		return err
	}
	_ = note(writing, process.Usage{CPU: snapshot.Part}, nil)
	verify, err := measured(exec.CommandContext(ctx, g.programs[product], "verify", out))
	if err := note("verify", verify, err); err != nil {
		return err
	}
	page := filepath.Join(dir, "report.html")
	report, err := measured(exec.CommandContext(ctx, g.programs[product], "report", out, "-output="+page))
	if err := note("report", sized(report, page), err); err != nil {
		return err
	}
	merge, err := g.apply(ctx, out, exporter.ModeMerge, &movements{reads: 11, conversations: g.conversations})
	return note("merge", merge, err)
}

// sized adds the size of the file that was written.
func sized(took process.Usage, path string) process.Usage {
	if info, err := os.Stat(path); err == nil {
		took.Size = info.Size()
		took.Disk = max(took.Disk, took.Size)
	}
	return took
}

// apply exports the team from a simulation in a process of its own.
func (g growthOf) apply(ctx context.Context, out, mode string, moved *movements) (took process.Usage, err error) {
	flags := []string{"-no-rate-limit", "-users=" + strconv.Itoa(g.users), "-conversations=" + strconv.Itoa(g.conversations)}
	sim, err := startSim(ctx, g.programs[product], append(flags, moved.flags()...)...)
	if err != nil {
		return took, err
	}
	defer func() {
		_, stopped := sim.stop()
		err = errors.Join(err, stopped)
	}()
	if err := moved.make(ctx, sim); err != nil {
		return took, err
	}
	task := process.Task{Kind: "whole", Mode: mode, Endpoint: sim.Endpoint, Conversations: g.conversations, Out: out}
	return task.Run(ctx, g.programs[engine])
}
