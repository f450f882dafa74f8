package teams

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Shard is one of Count parts of all teams; the zero value is all of them. Which part a
// team is in depends on its name and Count only, so that a new team moves no other, and
// one more shard takes its teams evenly from the others.
type Shard struct{ Index, Count int }

// mostShards keeps Count far from where hashing would take long.
const mostShards = 1 << 16

// ParseShard reads "I/N", the part I of N, counted from 0.
func ParseShard(text string) (Shard, error) {
	before, after, _ := strings.Cut(text, "/")
	index, err := strconv.Atoi(before)
	count, countErr := strconv.Atoi(after)
	if err != nil || countErr != nil || index < 0 || index >= count || count > mostShards {
		return Shard{}, fmt.Errorf("%q is not I/N, where I is from 0 to N-1 and N is at most %d", text, mostShards)
	}
	return Shard{index, count}, nil
}

// String is the form that [ParseShard] reads; "" is all teams.
func (s Shard) String() string {
	if s.Count == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Count)
}

// Holds reports whether the team of that name is in the shard.
func (s Shard) Holds(team string) bool { return s.Count == 0 || shardOf(team, s.Count) == s.Index }

// shardOf is jump consistent hashing (Lamping and Veach, 2014): going from n-1 to n shards
// moves a team with the probability 1/n, and only to the new shard.
func shardOf(team string, count int) int {
	sum := sha256.Sum256([]byte(team))
	key := binary.BigEndian.Uint64(sum[:8])
	shard, next := int64(0), int64(0)
	for next < int64(count) {
		shard = next
		key = key*2862933555777941757 + 1 // the generator of the paper
		next = int64(float64(shard+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return int(shard)
}
