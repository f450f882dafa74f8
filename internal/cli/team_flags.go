package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine/teams"
	"github.com/lemexport/lemexport/internal/nearest"
)

// teamChoice says which teams of a configuration a command is about.
type teamChoice struct {
	only  []string
	shard shardFlag
}

// addTo adds the flags of a command that can be about many teams.
func (c *teamChoice) addTo(flags *pflag.FlagSet) {
	flags.StringSliceVar(&c.only, "only", nil, "of several teams, only those named `NAME,…`")
	flags.Var(&c.shard, "shard", "of several teams, only part `I/N`: I from 0 to N-1, chosen by a hash of the team's name")
}

// load loads a configuration for a plan or an apply: the chosen jobs, and whether the
// configuration names its teams.
func (c teamChoice) load(app App, show view, path string, variables variableFlags, full bool) (jobs []exporter.Job, several bool, err error) {
	all, err := loadJobs(show, path, variables, app.LoadConfig)
	if err != nil {
		return nil, false, err
	}
	if jobs, err = c.of(all); err != nil {
		return nil, false, err
	}
	for i := range jobs {
		jobs[i].Full = full
	}
	return jobs, named(all), nil
}

// of are the chosen jobs, in the order of the configuration; there may be none in a shard.
func (c teamChoice) of(jobs []exporter.Job) ([]exporter.Job, error) {
	if !named(jobs) {
		return jobs, c.unnamed()
	}
	for _, name := range c.only {
		if err := known(name, jobs); err != nil {
			return nil, err
		}
	}
	var chosen []exporter.Job
	for _, job := range jobs {
		if (len(c.only) == 0 || slices.Contains(c.only, job.Team)) && c.shard.Holds(job.Team) {
			chosen = append(chosen, job)
		}
	}
	return chosen, nil
}

// unnamed fails when a choice among teams was made where the configuration names none.
func (c teamChoice) unnamed() error {
	flag := "-only"
	switch {
	case c.shard.Count > 0:
		flag = "-shard"
	case len(c.only) == 0:
		return nil
	}
	return exporter.WithHint(fmt.Errorf("%s chooses among teams, but the configuration has one source without a name", flag),
		"Leave the flag out, or give the source block for_each or a name.")
}

// oneTeam is the job of a command that is about one team: the one that is named, or the
// only one.
func oneTeam(jobs []exporter.Job, name string) (exporter.Job, error) {
	if !named(jobs) {
		if name != "" {
			return exporter.Job{}, teamChoice{only: []string{name}}.unnamed()
		}
		return jobs[0], nil
	}
	if name == "" && len(jobs) > 1 {
		return exporter.Job{}, exporter.WithHint(fmt.Errorf("the configuration has %s, and this command takes one", many(int64(len(jobs)), "team")),
			"Add -only=NAME with one of: "+listed(teamNames(jobs))+".")
	}
	if name == "" {
		return jobs[0], nil
	}
	if err := known(name, jobs); err != nil {
		return exporter.Job{}, err
	}
	return jobs[slices.Index(teamNames(jobs), name)], nil
}

// onlyFlag adds the flag of a command that is about one team.
func onlyFlag(flags *pflag.FlagSet, name *string) {
	flags.StringVar(name, "only", "", "of several teams, the one named `NAME`")
}

// named reports whether the configuration names its teams: it can have several.
func named(jobs []exporter.Job) bool { return len(jobs) != 1 || jobs[0].Team != "" }

func known(name string, jobs []exporter.Job) error {
	names := teamNames(jobs)
	if slices.Contains(names, name) {
		return nil
	}
	err := fmt.Errorf("unknown team %q", name)
	if guess := nearest.Name(name, names); guess != "" {
		err = fmt.Errorf("%w; did you mean %q?", err, guess)
	}
	return exporter.WithHint(err, "The teams of the configuration are: "+listed(names)+".")
}

func teamNames(jobs []exporter.Job) []string {
	names := make([]string, 0, len(jobs))
	for _, job := range jobs {
		names = append(names, job.Team)
	}
	return names
}

// shardFlag is a flag that takes I/N.
type shardFlag struct{ teams.Shard }

// Set implements pflag.Value.
func (s *shardFlag) Set(text string) (err error) {
	s.Shard, err = teams.ParseShard(text)
	return err
}

// Type implements pflag.Value.
func (*shardFlag) Type() string { return "shard" }

// parallelTeams is how many teams run at once where nothing else is asked for.
const parallelTeams = 16

// teamPace is how many teams run at once, and which need not run.
type teamPace struct {
	parallel int
	maxAge   time.Duration
}

// parallelFlag adds the flag that says how many teams run at once.
func parallelFlag(flags *pflag.FlagSet, parallel *int) {
	flags.IntVar(parallel, "parallel", parallelTeams, "of several teams, run `N` at once")
}

// check refuses numbers that make no sense.
func (p teamPace) check() error {
	switch {
	case p.parallel < 1:
		return exporter.WithHint(errors.New("-parallel must be at least 1"), "It is how many teams run at once.")
	case p.maxAge < 0:
		return exporter.WithHint(errors.New("-max-age must not be negative"), "Give a duration such as 12h.")
	}
	return nil
}

// atOnce is how many of so many teams run at once within the memory budget, and a warning
// when that is fewer than were asked for.
func (p teamPace) atOnce(jobs int, memory int64) (int, exporter.Diagnostics) {
	wanted := max(min(p.parallel, jobs), 1)
	most := int(memory / exporter.LeastShare)
	if wanted <= most {
		return wanted, nil
	}
	needed := strings.ReplaceAll((*byteSize)(new(int64(wanted)*exporter.LeastShare)).String(), " ", "")
	return most, exporter.Diagnostics{{
		Severity: exporter.SeverityWarning,
		Summary:  fmt.Sprintf("%d teams run at once, not %d", most, wanted),
		Detail:   fmt.Sprintf("The memory budget is shared by the teams that run at once, and each needs 8MiB. -memory=%s is enough for %d.", needed, wanted),
	}}
}
