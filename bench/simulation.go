package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"time"
)

// simulation is `lemexport sim` in a process of its own.
type simulation struct {
	Endpoint string    `json:"endpoint"`
	Key      string    `json:"api_key"`
	Teams    []simTeam `json:"teams"`
	process  *exec.Cmd
	lines    *bufio.Scanner
}

// simTeam is one of several teams.
type simTeam struct {
	Name          string `json:"name"`
	Key           string `json:"api_key"`
	Conversations int64  `json:"conversations"`
}

// traffic is what the simulation saw of the requests of one key.
type traffic struct {
	Team        string `json:"team"`
	Requests    int    `json:"requests"`
	MaxInWindow int    `json:"max_in_window"`
	Throttled   int    `json:"throttled"`
}

// startSim waits until the simulation says where it listens.
func startSim(ctx context.Context, program string, flags ...string) (*simulation, error) {
	command := exec.CommandContext(ctx, program, slices.Concat([]string{"sim", "-json", "-addr=127.0.0.1:0"}, flags)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	sim := &simulation{process: command, lines: bufio.NewScanner(out)}
	sim.lines.Buffer(nil, 16<<20) // the keys of all teams are in one line
	for sim.lines.Scan() {
		kind, err := kindOf(sim.lines.Bytes())
		if err == nil && kind == "listening" {
			err = json.Unmarshal(sim.lines.Bytes(), sim)
		}
		if err != nil {
			_, stopped := sim.stop()
			return nil, errors.Join(err, stopped)
		}
		if sim.Endpoint != "" {
			return sim, nil
		}
	}
	_, stopped := sim.stop()
	return nil, errors.Join(errors.New("the simulation does not listen"), sim.lines.Err(), stopped)
}

// stop ends the simulation, and returns what it saw of each key.
func (s *simulation) stop() (seen []traffic, err error) {
	err = s.process.Process.Signal(os.Interrupt)
	for s.lines.Scan() {
		kind, failed := kindOf(s.lines.Bytes())
		if failed == nil && kind == "traffic" {
			var message struct {
				Traffic traffic `json:"traffic"`
			}
			failed = json.Unmarshal(s.lines.Bytes(), &message)
			seen = append(seen, message.Traffic)
		}
		err = errors.Join(err, failed)
	}
	return seen, errors.Join(err, s.lines.Err(), s.process.Wait())
}

// kindOf is the type of a message.
func kindOf(line []byte) (string, error) {
	var message struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(line, &message)
	return message.Type, err
}
