package teams_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// shardOf is the shard of a team, of which there must be one.
func shardOf(t rapid.TB, name string, count int) int {
	found := -1
	for i := range count {
		if !(teams.Shard{Index: i, Count: count}).Holds(name) {
			continue
		}
		if found >= 0 {
			t.Fatalf("%q is in the shards %d and %d of %d", name, found, i, count)
		}
		found = i
	}
	if found < 0 {
		t.Fatalf("%q is in no shard of %d", name, count)
	}
	return found
}

func TestEveryTeamIsInOneShardAndOneMoreShardTakesTeamsOnlyForItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, count := rapid.String().Draw(t, "name"), rapid.IntRange(1, 40).Draw(t, "count")
		before, after := shardOf(t, name, count), shardOf(t, name, count+1)
		if after != before && after != count {
			t.Fatalf("with one more shard %q moves from %d to %d of %d", name, before, after, count+1)
		}
	})
}

func TestShardsAreEvenAndOneMoreMovesItsShareOnly(t *testing.T) {
	const names, count = 10_000, 8
	sizes, moved := make([]int, count), 0
	for i := range names {
		name := fmt.Sprint("team-", i)
		was := shardOf(t, name, count)
		sizes[was]++
		if shardOf(t, name, count+1) != was {
			moved++
		}
	}
	for i, size := range sizes {
		if share := names / count; size < share*9/10 || size > share*11/10 {
			t.Errorf("shard %d has %d of %d teams", i, size, names)
		}
	}
	if share := names / (count + 1); moved < share*9/10 || moved > share*11/10 {
		t.Errorf("%d of %d teams move to the shard %d", moved, names, count+1)
	}
}

// A cron job on each machine relies on it: a later version must not move a team.
func TestTheShardOfATeamStaysTheSame(t *testing.T) {
	for name, want := range map[string][3]int{"acme": {1, 1, 10}, "bolt": {0, 3, 11}, "команда": {1, 1, 33}} {
		if got := [3]int{shardOf(t, name, 2), shardOf(t, name, 4), shardOf(t, name, 50)}; got != want {
			t.Errorf("%q is in the shards %v of 2, 4 and 50, want %v", name, got, want)
		}
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]teams.Shard{"0/1": {Count: 1}, "3/8": {Index: 3, Count: 8}, "65535/65536": {Index: 65535, Count: 65536}} {
		if got, err := teams.ParseShard(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "/", "1/", "/2", "2/2", "-1/2", "0/0", "0/65537", "1/2/3", "a/b", "0/2 "} {
		if got, err := teams.ParseShard(text); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
	if !(teams.Shard{}).Holds("acme") {
		t.Error("the zero value does not hold every team")
	}
}
