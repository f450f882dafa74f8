package sim

import (
	"math"
	"slices"
	"time"
)

// generator makes up conversations. A row is made from the seed, its number and
// its state alone; nothing is stored.
type generator struct {
	fields
	count int
	odd   bool // TypeSurprises
	span  time.Duration
	ahead time.Duration
	team  string
}

func newGenerator(o Options) *generator {
	g := &generator{
		fields: fields{
			seed: o.Seed, nulls: o.NullForAbsent, halves: o.LoneSurrogates, times: o.Times,
			ids: ids{o.Seed}, words: newWords(),
		},
		count: o.Conversations, odd: o.TypeSurprises, span: o.Span, ahead: o.Ahead,
	}
	g.team = g.ids.of("tea_", 0)
	for n := range o.Users {
		g.users = append(g.users, g.ids.of("usr_", uint64(n)))
	}
	for n := range 2 {
		g.formers = append(g.formers, g.ids.of("usr_", maxUsers+uint64(n)))
	}
	return g
}

func (g *generator) teamID() string    { return g.team }
func (g *generator) userIDs() []string { return g.users }

func (g *generator) appendID(dst []byte, n uint32) []byte {
	return g.ids.append(dst, "ibx_", uint64(n))
}

func (g *generator) appendContactID(dst []byte, n uint32) []byte {
	return g.ids.append(dst, "ctc_", uint64(n))
}

func (g *generator) number(id string) (uint32, bool) {
	n, ok := g.ids.number("ibx_", id)
	return uint32(n), ok && n <= math.MaxUint32
}

func (g *generator) shown(milliseconds int64) time.Time { return g.times.shown(milliseconds) }

// rows spreads the conversations over the span before now, newest first. One in
// eight shares its time with the one before, one in eight has none but whole
// seconds. The newest is dated ahead, when the options say so.
func (g *generator) rows(now int64) []row {
	rows := make([]row, g.count)
	last := now - 1
	gap := int(min(g.span.Milliseconds()/int64(g.count+1), day/4))*2 + 1
	for n := range rows {
		dice := newStream(g.seed, topicTime, uint64(n), 0)
		switch dice.below(8) {
		case 0: // the same time again
		case 1:
			last -= int64(dice.below(gap))
			last -= last % 1000
		default:
			last -= int64(dice.below(gap))
		}
		created := last
		if !dice.one(16) {
			created -= int64(dice.below(int(60 * day)))
		}
		rows[n] = row{created: created, last: last}
	}
	if len(rows) > 0 && g.ahead > 0 {
		rows[0].last = now + g.ahead.Milliseconds()
	}
	return rows
}

// appendMembers appends one to four users: a third of the rows have a second one.
// A row that was handed on has the users after those.
func (g *generator) appendMembers(dst []int, n uint32, r row) []int {
	dice := newStream(g.seed, topicMembers, uint64(n), 0)
	start := len(dst)
	dst = append(dst, dice.below(len(g.users)))
	for len(dst)-start < 4 && dice.one(3) {
		if user := dice.below(len(g.users)); !slices.Contains(dst[start:], user) {
			dst = append(dst, user)
		}
	}
	for i := range dst[start:] {
		dst[start+i] = (dst[start+i] + int(r.shift)) % len(g.users)
	}
	return dst
}

func (g *generator) answered(n uint32) bool {
	dice := newStream(g.seed, topicAnswered, uint64(n), 0)
	return dice.below(8) < 5
}

// anomaly is a field whose value has the wrong type in a row.
type anomaly int

const (
	noAnomaly anomaly = iota
	contactIsText
	repliesIsText
	channelsIsObject
	usersIsNull
	opportunitiesAreIDs
	createdIsNumber
	channelIsNumber
	anomalies
)

func (g *generator) appendJSON(dst []byte, n uint32, r row) []byte {
	dice := newStream(g.seed, topicRow, uint64(n), 0)
	odd := noAnomaly
	if dice.one(16) && g.odd {
		odd = 1 + anomaly(int(n/16)%int(anomalies-1))
	}
	unknown := dice.below(40) // under 8: which key that nobody documents
	answered := g.answered(n)
	replied := r.created + int64(dice.fraction()*float64(r.last-r.created))
	if dice.one(4) {
		replied -= replied % 1000
	}
	change := newStream(g.seed, topicVersion, uint64(n), uint64(r.version))
	if r.version > 0 && change.one(2) {
		replied = max(r.created, r.last-95_000) // lemlist registers a reply about 95 s late
	}

	dst = g.appendID(append(dst, `{"_id":"`...), n)
	dst = append(dst, `","opportunities":[`...)
	dst = g.appendOpportunities(dst, &dice, n, unknown, odd)
	dst = g.times.append(append(dst, `],"lastActivityAt":`...), r.last)
	dst = append(dst, `,"createdBy":"`...)
	if dice.one(8) {
		dst = append(dst, pick(&dice, g.users)...)
	} else {
		dst = g.ids.append(dst, "act_", uint64(n))
	}
	dst = append(dst, `","channels":`...)
	dst = g.appendChannels(dst, &dice, odd)
	dst = append(dst, `,"teamId":"`...)
	dst = append(dst, g.team...)
	dst = g.appendContactID(append(dst, `","contactId":"`...), n)
	dst = append(dst, `","users":`...)
	var indexes [4]int
	dst = g.appendUsers(dst, &dice, &change, g.appendMembers(indexes[:0], n, r), unknown, odd)
	dst = append(dst, `,"createdAt":`...)
	if odd == createdIsNumber {
		dst = appendInt(dst, int(r.created))
	} else {
		dst = g.times.append(dst, r.created)
	}
	dst = appendReplies(dst, answered, odd)
	dst = g.appendReplied(dst, &dice, answered, replied, odd)
	dst = g.appendNewer(dst, &dice, &change, answered, r)
	dst = g.appendUnknown(dst, &dice, n, unknown)
	dst = g.appendContact(dst, &dice, n, unknown, odd)
	return append(dst, '}')
}

func appendReplies(dst []byte, answered bool, odd anomaly) []byte {
	dst = append(dst, `,"haveReplies":`...)
	switch {
	case odd == repliesIsText && answered:
		return append(dst, `"true"`...)
	case answered:
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

// appendBool appends `,"name":true` or false.
func appendBool(dst []byte, name string, value bool) []byte {
	dst = appendName(dst, name)
	if value {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}
