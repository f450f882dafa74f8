package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/lemexport/lemexport/bench/inbox"
	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

const (
	// starts is how often the program is started for nothing.
	starts = 30
	// patience is for what takes no time by rights; an export gets it on top of what
	// the rate limit takes.
	patience = time.Minute
)

// liveRun lets the program, as it is released, export a simulated team that
// answers as often as lemlist does: 20 times in 2 seconds.
func liveRun(ctx context.Context, options options) (string, error) {
	program := filepath.Join(options.dir, "lemexport")
	if err := goBuild(ctx, "..", program, "CGO_ENABLED=0", release()...); err != nil {
		return "", err
	}
	var runs []process.Usage
	for run := range options.runs {
		took, err := exportLive(ctx, program, options)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(os.Stderr, "run %d of %d: %s\n", run+1, options.runs, took)
		runs = append(runs, took)
	}
	start, err := startUp(ctx, program)
	if err != nil {
		return "", err
	}
	middle := medianOf(runs)
	var out table
	out.row("", "CPU s", "wall s", "of one core", "peak MiB")
	out.row("apply", seconds(middle.CPU), seconds(middle.Wall), fmt.Sprintf("%.1f %%", 100*middle.CPU.Seconds()/middle.Wall.Seconds()), mebibytes(middle.Peak))
	out.row("version", fmt.Sprintf("%.3f", start.CPU.Seconds()), fmt.Sprintf("%.3f", start.Wall.Seconds()), "", mebibytes(start.Peak))
	return fmt.Sprintf("%s conversations of one user at the rate limit, medians of %d, and of %d starts.\n\n%s",
		count(options.conversations), options.runs, starts, out), nil
}

// exportLive is one apply beside a simulation, which it ends.
func exportLive(ctx context.Context, program string, options options) (took process.Usage, err error) {
	// Twice the time in which the rate limit allows it.
	ctx, cancel := context.WithTimeout(ctx, patience+2*ratelimit.Rate().LeastTime(int64(options.conversations/inbox.PageSize)))
	defer cancel()
	sim, err := startSim(ctx, program, "-users=1", "-conversations="+strconv.Itoa(options.conversations))
	if err != nil {
		return took, err
	}
	defer func() {
		_, stopped := sim.stop()
		err = errors.Join(err, stopped)
	}()
	dir, err := os.MkdirTemp(options.dir, "live-")
	if err != nil {
		return took, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := configure(dir, sim.Endpoint); err != nil {
		return took, err
	}
	took, err = measured(applyIn(ctx, program, dir, sim.Key))
	if err != nil {
		return took, err
	}
	info, err := os.Stat(filepath.Join(dir, "out", "inbox_conversations.parquet"))
	if err != nil {
		return took, err
	}
	took.Size = info.Size()
	return took, nil
}

// startUp starts the program for its version.
func startUp(ctx context.Context, program string) (process.Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var runs []process.Usage
	for range starts {
		took, err := measured(exec.CommandContext(ctx, program, "version"))
		if err != nil {
			return process.Usage{}, err
		}
		runs = append(runs, took)
	}
	return medianOf(runs), nil
}

// measured runs a program that does not measure itself. Its peak is never less
// than that of this process, which is small.
func measured(command *exec.Cmd) (process.Usage, error) {
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	took, err := process.Run(command)
	if command.ProcessState == nil {
		return process.Usage{}, err
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", filepath.Base(command.Path), err, &output)
	}
	return took, err
}
