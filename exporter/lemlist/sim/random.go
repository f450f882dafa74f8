package sim

// stream is a small seeded generator (splitmix64). Every decision about a row
// has a stream of its own, so that a row can be made again at any time without
// the ones before it.
type stream uint64

// topic keeps the streams of different decisions apart.
type topic uint64

const (
	topicID topic = iota + 1
	topicTime
	topicMembers
	topicAnswered
	topicRow
	topicVersion
	topicLabel
	topicDrift
	topicFault
	topicJitter
	topicTotal
	topicOrder
	topicPerson
	topicStamp
	topicReplica
	topicBetween
	topicTeam
	topicKey
)

// golden is 2^64 divided by the golden ratio: odd, so multiplying by it can be undone.
const golden = 0x9e3779b97f4a7c15

func newStream(seed uint64, about topic, a, b uint64) stream {
	return stream(mix(mix(mix(seed+uint64(about)*golden)+a) + b))
}

func mix(x uint64) uint64 {
	x += golden
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (s *stream) next() uint64 {
	*s += golden
	return mix(uint64(*s))
}

// below returns a number from 0 to n-1; n must be positive.
func (s *stream) below(n int) int {
	return int(s.next() >> 1 % uint64(n))
}

// one is true once in n times.
func (s *stream) one(n int) bool { return s.below(n) == 0 }

// fraction returns a number from 0 up to, not including, 1.
func (s *stream) fraction() float64 { return float64(s.next()>>11) / (1 << 53) }

// times turns an expected number into a number: 2.3 is 2, or 3 in three cases out of ten.
func (s *stream) times(expected float64) int {
	whole := int(expected)
	if s.fraction() < expected-float64(whole) {
		whole++
	}
	return whole
}

func pick[T any](s *stream, from []T) T { return from[s.below(len(from))] }
