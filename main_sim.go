package main

import (
	"context"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/cli"
)

func simFaults() []string {
	var kinds []string
	for _, fault := range sim.Faults() {
		kinds = append(kinds, string(fault))
	}
	return kinds
}

// simServer is a simulation that listens.
type simServer struct {
	*sim.Running
	teams []sim.Team
}

// Teams are the simulated teams.
func (s simServer) Teams() []cli.SimTeam {
	teams := make([]cli.SimTeam, len(s.teams))
	for i, team := range s.teams {
		teams[i] = cli.SimTeam{Name: team.Name, Key: team.Key(), Users: team.Users, Conversations: team.Size, Revoked: team.Revoked}
	}
	return teams
}

// Traffic counts the requests of each team.
func (s simServer) Traffic() []cli.SimTraffic {
	seen := make([]cli.SimTraffic, len(s.teams))
	for i, team := range s.teams {
		stats := team.Stats()
		seen[i] = cli.SimTraffic{Team: team.Name, Requests: stats.Requests, MaxInWindow: stats.MaxInWindow, Throttled: stats.Throttled}
	}
	return seen
}

func serveSim(ctx context.Context, options cli.SimOptions) (cli.SimServer, error) {
	each := sim.Options{
		Users: options.Users, Conversations: atLeastNone(options.Conversations), Seed: options.Seed, Unlimited: options.Unlimited,
		Latency: options.Latency, Gzip: true,
		Drift: sim.Drift{Jumps: options.Drift, Inserts: options.Drift, Deletes: options.Drift, Until: options.DriftReads},
	}
	for _, fault := range options.Faults {
		each.Faults = append(each.Faults, sim.FaultRule{Fault: sim.Fault(fault.Kind), Rate: fault.Rate})
	}
	if options.Teams == 0 {
		server, err := sim.New(each)
		if err != nil {
			return nil, err
		}
		running, err := server.Start(ctx, options.Address)
		if err != nil {
			return nil, err
		}
		return simServer{running, []sim.Team{{Server: server, Users: options.Users, Size: options.Conversations}}}, nil
	}
	teams, err := sim.NewTeams(sim.TeamsOptions{Count: options.Teams, Each: each, Revoked: options.Revoked})
	if err != nil {
		return nil, err
	}
	running, err := teams.Start(ctx, options.Address)
	if err != nil {
		return nil, err
	}
	return simServer{running, teams.List()}, nil
}
