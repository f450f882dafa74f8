package main

import (
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestKeysOfSimulationsAreKnownAsSuch(t *testing.T) {
	teams, err := sim.NewTeams(sim.TeamsOptions{Count: 12, Each: sim.Options{Users: 1, Conversations: 1}})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{sim.DefaultKey}
	for _, team := range teams.List() {
		keys = append(keys, team.Key())
	}
	for _, key := range keys {
		if !exporter.IsSimulatedKey(key) {
			t.Errorf("%s is not known", key)
		}
	}
}
