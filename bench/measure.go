package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// contestWord makes this program run one contestant: the process is measured as
// a whole.
const contestWord = "contest"

// result is what one run took.
type result struct {
	cpu, wall  time.Duration
	peak, size int64 // bytes
}

func (r result) String() string {
	return fmt.Sprintf("cpu %6.2f s  wall %6.2f s  peak %4d MiB  file %6.1f MiB", r.cpu.Seconds(), r.wall.Seconds(), r.peak>>20, float64(r.size)/(1<<20))
}

func measure(ctx context.Context, name, pages, out string) (result, error) {
	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}
	command := exec.CommandContext(ctx, self, contestWord, name, pages, out)
	command.Stderr = os.Stderr
	started := time.Now()
	if err := command.Run(); err != nil {
		return result{}, err
	}
	wall := time.Since(started)
	info, err := os.Stat(out)
	if err != nil {
		return result{}, err
	}
	state := command.ProcessState
	usage := state.SysUsage().(*syscall.Rusage)
	return result{cpu: state.UserTime() + state.SystemTime(), wall: wall, peak: usage.Maxrss << 10, size: info.Size()}, nil
}

// table prints medians, and their ratios to the yardsticks.
func table(options options, results map[string][]result) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d conversations, medians of %d runs; in brackets the share of DuckDB's with as many threads\n\n", options.conversations, options.runs)
	fmt.Fprintf(&out, "%-22s %16s %16s %16s %16s\n", "", "CPU s", "wall s", "peak MiB", "file MiB")
	for _, name := range options.names {
		mine := medianOf(results[name])
		yard, ok := results[yardstick(name)]
		share := func(value, of float64) string {
			if !ok {
				return "      "
			}
			return fmt.Sprintf("(%.2f)", value/of)
		}
		against := medianOf(yard)
		fmt.Fprintf(&out, "%-22s %9.2f %s %9.2f %s %9.0f %s %9.1f %s\n", name,
			mine.cpu.Seconds(), share(mine.cpu.Seconds(), against.cpu.Seconds()),
			mine.wall.Seconds(), share(mine.wall.Seconds(), against.wall.Seconds()),
			float64(mine.peak)/(1<<20), share(float64(mine.peak), float64(against.peak)),
			float64(mine.size)/(1<<20), share(float64(mine.size), float64(against.size)))
	}
	return out.String()
}

// medianOf takes every figure's median by itself.
func medianOf(runs []result) result {
	if len(runs) == 0 {
		return result{}
	}
	middle := func(value func(result) int64) int64 {
		values := make([]int64, 0, len(runs))
		for _, run := range runs {
			values = append(values, value(run))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return result{
		cpu:  time.Duration(middle(func(r result) int64 { return int64(r.cpu) })),
		wall: time.Duration(middle(func(r result) int64 { return int64(r.wall) })),
		peak: middle(func(r result) int64 { return r.peak }),
		size: middle(func(r result) int64 { return r.size }),
	}
}
