package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// round is one export of the simulated teams, which are the same in every round.
type round struct {
	name string
	// revoked is the team whose key is refused, only the team that is read alone.
	revoked, only string
	// kill, when it is not 0, ends a first run of the program after that time.
	kill time.Duration
}

// roundResult is what a round took and left.
type roundResult struct {
	process.Usage
	status, teams    int
	rows, rowsWanted int64
	// seen are the requests of all teams, and the most of one; busiest is the team that
	// made the most.
	seen    traffic
	busiest traffic
}

// teamsRun exports many simulated teams by one configuration, at the rate limit of each.
func teamsRun(ctx context.Context, options options) (string, error) {
	program := filepath.Join(options.dir, "lemexport")
	if err := goBuild(ctx, "..", program, "CGO_ENABLED=0", release()...); err != nil {
		return "", err
	}
	var out table
	out.row("", "status", "teams", "rows", "of", "requests", "most in 2 s", "429s", "CPU s", "CPU s a team", "wall s", "peak MiB")
	measure := func(one round) (roundResult, error) {
		got, err := exportTeams(ctx, program, options, one)
		if err != nil {
			return got, fmt.Errorf("%s: %w", one.name, err)
		}
		out.row(one.name, strconv.Itoa(got.status), strconv.Itoa(got.teams), count(int(got.rows)), count(int(got.rowsWanted)), count(got.seen.Requests),
			strconv.Itoa(got.seen.MaxInWindow), strconv.Itoa(got.seen.Throttled), seconds(got.CPU),
			fmt.Sprintf("%.3f", got.CPU.Seconds()/float64(max(got.teams, 1))), seconds(got.Wall), mebibytes(got.Peak))
		fmt.Fprintf(os.Stderr, "%s: %s\n", one.name, got.Usage)
		return got, nil
	}
	all, err := measure(round{name: "all teams"})
	if err != nil {
		return "", err
	}
	for _, one := range []round{
		{name: "the team with most requests alone", only: all.busiest.Team},
		{name: "one key revoked", revoked: all.busiest.Team},
		{name: "killed at half, and again", kill: all.Wall / 2},
	} {
		if _, err := measure(one); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d teams, the largest with %s conversations, %d at once.\n\n%s", options.teams, count(options.conversations), options.parallel, out), nil
}

func exportTeams(ctx context.Context, program string, options options, one round) (got roundResult, err error) {
	// Far more than the rate limit of the largest team asks for, since fewer may run at once.
	ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(options.teams)*ratelimit.Rate().LeastTime(int64(options.conversations/20)))
	defer cancel()
	flags := []string{"-teams=" + strconv.Itoa(options.teams), "-conversations=" + strconv.Itoa(options.conversations)}
	if one.revoked != "" {
		flags = append(flags, "-revoked="+one.revoked)
	}
	sim, err := startSim(ctx, program, flags...)
	if err != nil {
		return got, err
	}
	defer func() {
		seen, stopped := sim.stop()
		for _, key := range seen {
			if key.Requests > got.busiest.Requests {
				got.busiest = key
			}
			got.seen.Requests += key.Requests
			got.seen.MaxInWindow = max(got.seen.MaxInWindow, key.MaxInWindow)
			got.seen.Throttled += key.Throttled
		}
		err = errors.Join(err, stopped)
	}()
	dir, err := os.MkdirTemp(options.dir, "teams-")
	if err != nil {
		return got, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := configureTeams(dir, sim); err != nil {
		return got, err
	}
	args := []string{"-chdir=" + dir, "apply", "-auto-approve", "-parallel=" + strconv.Itoa(options.parallel)}
	if one.only != "" {
		args = append(args, "-only="+one.only)
	}
	apply := func(further ...string) *exec.Cmd {
		command := exec.CommandContext(ctx, program, append(args, further...)...)
		command.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
		return command
	}
	if one.kill > 0 {
		if err := killAfter(apply(), one.kill); err != nil {
			return got, err
		}
	}
	// Teams that were done before a kill are not read again.
	if got.Usage, got.status, err = measuredStatus(apply("-max-age=1h")); err != nil {
		return got, err
	}
	err = got.count(dir, sim.Teams, one)
	return got, err
}

// configureTeams writes a configuration of all teams, with their keys in a file.
func configureTeams(dir string, sim *simulation) error {
	keys := map[string]string{}
	for _, team := range sim.Teams {
		keys[team.Name] = team.Key
	}
	body, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	config := fmt.Sprintf(`source "lemlist" {
  for_each = jsondecode(file("keys.json"))
  api_key  = each.value
  endpoint = %q
}

export "inbox_conversations" {
  destination = "./out/team=${each.key}"
}
`, sim.Endpoint)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "keys.json"), body, 0o600),
		os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600),
	)
}

// killAfter starts a program and ends it without warning.
func killAfter(command *exec.Cmd, after time.Duration) error {
	if err := command.Start(); err != nil {
		return err
	}
	timer := time.AfterFunc(after, func() { _ = command.Process.Kill() })
	defer timer.Stop()
	if err := command.Wait(); err == nil || command.ProcessState.ExitCode() != -1 {
		return fmt.Errorf("the program ended by itself within %s: %w", after, err)
	}
	return nil
}

// measuredStatus runs a program that may fail.
func measuredStatus(command *exec.Cmd) (process.Usage, int, error) {
	used, err := measured(command)
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		return used, 0, err
	}
	return used, command.ProcessState.ExitCode(), nil
}

// count reads what was committed, and what there was.
func (r *roundResult) count(dir string, teams []simTeam, one round) error {
	for _, team := range teams {
		if one.only != "" && one.only != team.Name || one.revoked == team.Name {
			continue
		}
		r.rowsWanted += team.Conversations
		rows, err := rowsOf(filepath.Join(dir, "out", "team="+team.Name, "inbox_conversations.parquet"))
		if err != nil {
			return err
		}
		r.teams++
		r.rows += rows
	}
	return nil
}

// rowsOf is the number of rows of a Parquet file.
func rowsOf(path string) (rows int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return 0, err
	}
	return opened.NumRows(), nil
}
