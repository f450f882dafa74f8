package sim

import "slices"

// The fields of a made-up conversation that take more than a line. The order of
// the calls in appendJSON, and of the draws in each, is part of what a seed means:
// the golden page tells when it changed.

func (g *generator) appendOpportunities(dst []byte, dice *stream, n uint32, unknown int, odd anomaly) []byte {
	count := max(0, dice.below(8)-5)
	if odd == opportunitiesAreIDs {
		return append(g.ids.append(append(dst, '"'), "opp_", uint64(n)*4), '"')
	}
	for i := range count {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = g.ids.append(append(dst, `{"id":"`...), "opp_", uint64(n)*4+uint64(i))
		dst = appendField(append(dst, '"'), "type", pick(dice, g.words.opportunities))
		switch {
		case dice.one(2):
			dst = appendBool(dst, "done", true)
		default: // not done is absent, never false
			dst = g.appendAbsent(dst, "done")
		}
		if unknown == 5 {
			dst = append(dst, `,"dueAt":"2026-04-01T08:00:00.000Z"`...)
		}
		dst = append(dst, '}')
	}
	return dst
}

func (g *generator) appendChannels(dst []byte, dice *stream, odd anomaly) []byte {
	kind, other, strange := dice.below(16), pick(dice, g.words.known), pick(dice, g.words.unknown)
	if odd == channelsIsObject {
		return append(dst, "{}"...)
	}
	dst = append(dst, '[')
	switch {
	case kind < 9:
		dst = append(dst, `"email"`...)
	case kind < 11:
		dst = appendString(append(dst, `"email",`...), other)
	case kind < 14:
		dst = appendString(dst, other)
	case kind < 15:
		dst = appendString(dst, strange)
	}
	return append(dst, ']')
}

// appendUsers lists the members, sometimes a former one, and in one row of 64
// nobody, although the row stands in its members' lists.
func (g *generator) appendUsers(dst []byte, dice, change *stream, at placed, unknown int, odd anomaly) []byte {
	var room [8]string
	listed := room[:0]
	var indexes [4]int
	for _, user := range g.appendMembers(indexes[:0], at.n, at.row) {
		listed = append(listed, g.users[user])
	}
	if dice.one(12) {
		listed = slices.Insert(listed, dice.below(len(listed)+1), pick(dice, g.formers))
	}
	nobody := dice.one(64)
	if odd == usersIsNull {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	if nobody {
		return append(dst, ']')
	}
	for i, user := range listed {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"userId":"`...)
		dst = append(append(dst, user...), '"')
		dst = appendBool(dst, "sender", i == 0 || change.one(2))
		dst = appendBool(dst, "read", !change.one(3))
		switch unknown {
		case 4:
			dst = append(dst, `,"role":"owner"`...)
		case 6:
			dst = append(dst, `,"a/b~c":{"deep":[1,2]}`...)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (g *generator) appendReplied(dst []byte, dice *stream, answered bool, at int64, odd anomaly) []byte {
	channel := pick(dice, g.words.known)
	if dice.below(4) > 0 {
		channel = "email"
	}
	switch {
	case !answered:
		return g.appendAbsent(dst, "lastRepliedAt", "lastRepliedChannel")
	case odd == channelIsNumber:
		dst = g.times.append(appendName(dst, "lastRepliedAt"), at)
		return append(appendName(dst, "lastRepliedChannel"), '7')
	}
	dst = g.times.append(appendName(dst, "lastRepliedAt"), at)
	return appendField(dst, "lastRepliedChannel", channel)
}

// appendNewer appends the fields that no document knows. A third of the rows
// have none of them; those that were never written to have no lastSent….
func (g *generator) appendNewer(dst []byte, dice, change *stream, answered bool, r row) []byte {
	if dice.one(3) {
		return g.appendAbsent(dst, "isYourTurn", "lastSentAt", "lastSentSubject", "lastSentMessagePreview",
			"lastRepliedSubject", "lastRepliedMessagePreview")
	}
	dst = appendBool(dst, "isYourTurn", answered && change.one(2))
	subject := pick(dice, g.words.subjects)
	switch dice.below(8) {
	case 0:
		dst = append(dst, `,"lastSentAt":null`...)
	case 1:
		dst = g.appendAbsent(dst, "lastSentAt", "lastSentSubject", "lastSentMessagePreview")
	default:
		dst = g.times.append(appendName(dst, "lastSentAt"), r.created+(r.last-r.created)/2)
		dst = appendField(dst, "lastSentSubject", subject)
		dst = appendField(dst, "lastSentMessagePreview", cut(pick(change, g.words.previews), 100))
		if g.halves && dice.one(8) {
			dst = append(dst[:len(dst)-1], `\ud83d"`...)
		}
	}
	if !answered {
		return g.appendAbsent(dst, "lastRepliedSubject", "lastRepliedMessagePreview")
	}
	dst = appendField(dst, "lastRepliedSubject", "Re: "+subject)
	return appendField(dst, "lastRepliedMessagePreview", pick(change, g.words.replies))
}

// appendUnknown appends a key that nobody documents to one row in ten; others
// stand inside users, opportunities and contact.
func (g *generator) appendUnknown(dst []byte, dice *stream, n uint32, unknown int) []byte {
	switch unknown {
	case 0:
		return append(dst, `,"score":0.8725`...)
	case 1:
		dst = append(dst, `,"snooze":{"until":"2026-04-01T00:00:00.000Z","by":"`...)
		return append(append(dst, pick(dice, g.users)...), `"}`...)
	case 2:
		return append(dst, `,"sequenceNumber":9007199254740993`...) // 2^53 + 1
	case 3:
		dst = g.ids.append(append(dst, `,"labelIds":["`...), "lbl_", uint64(n)%3)
		return append(dst, `"]`...)
	case 7:
		return append(dst, `,"priority":"3","":null`...) // a numeric string; an empty key
	}
	return dst
}

func (g *generator) appendContact(dst []byte, dice *stream, n uint32, unknown int, odd anomaly) []byte {
	if odd == contactIsText {
		return append(dst, `,"contact":"[object Object]"`...)
	}
	if dice.one(16) {
		return g.appendAbsent(dst, "contact")
	}
	dst = g.appendContactID(append(dst, `,"contact":{"_id":"`...), n)
	dst = append(dst, '"')
	who := g.person(n)
	if who.name == "" {
		dst = g.appendAbsent(dst, "fullName")
	} else {
		dst = appendField(dst, "fullName", who.name)
	}
	if who.email == "" {
		dst = g.appendAbsent(dst, "email")
	} else {
		dst = appendField(dst, "email", who.email)
	}
	if unknown == 6 {
		dst = appendField(dst, "companyName", pick(dice, g.words.companies))
	}
	return append(dst, '}')
}
