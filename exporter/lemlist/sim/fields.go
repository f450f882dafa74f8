package sim

import "slices"

// fields makes the fields of a made-up conversation that take more than a line. The
// order of the calls in appendJSON, and of the draws in each, is part of what a seed
// means: the golden page tells when it changed.
type fields struct {
	seed    uint64
	nulls   bool // NullForAbsent
	halves  bool // LoneSurrogates
	times   Times
	ids     ids
	words   words
	users   []string
	formers []string // users who have left; rows still name them
}

func (f *fields) appendOpportunities(dst []byte, dice *stream, n uint32, unknown int, odd anomaly) []byte {
	count := max(0, dice.below(8)-5)
	if odd == opportunitiesAreIDs {
		return append(f.ids.append(append(dst, '"'), "opp_", uint64(n)*4), '"')
	}
	for i := range count {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.ids.append(append(dst, `{"id":"`...), "opp_", uint64(n)*4+uint64(i))
		dst = appendField(append(dst, '"'), "type", pick(dice, f.words.opportunities))
		switch {
		case dice.one(2):
			dst = appendBool(dst, "done", true)
		default: // not done is absent, never false
			dst = f.appendAbsent(dst, "done")
		}
		if unknown == 5 {
			dst = append(dst, `,"dueAt":"2026-04-01T08:00:00.000Z"`...)
		}
		dst = append(dst, '}')
	}
	return dst
}

func (f *fields) appendChannels(dst []byte, dice *stream, odd anomaly) []byte {
	kind, other, strange := dice.below(16), pick(dice, f.words.known), pick(dice, f.words.unknown)
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
func (f *fields) appendUsers(dst []byte, dice, change *stream, members []int, unknown int, odd anomaly) []byte {
	var room [8]string
	listed := room[:0]
	for _, user := range members {
		listed = append(listed, f.users[user])
	}
	if dice.one(12) {
		listed = slices.Insert(listed, dice.below(len(listed)+1), pick(dice, f.formers))
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

func (f *fields) appendReplied(dst []byte, dice *stream, answered bool, at int64, odd anomaly) []byte {
	channel := pick(dice, f.words.known)
	if dice.below(4) > 0 {
		channel = "email"
	}
	switch {
	case !answered:
		return f.appendAbsent(dst, "lastRepliedAt", "lastRepliedChannel")
	case odd == channelIsNumber:
		dst = f.times.append(appendName(dst, "lastRepliedAt"), at)
		return append(appendName(dst, "lastRepliedChannel"), '7')
	}
	dst = f.times.append(appendName(dst, "lastRepliedAt"), at)
	return appendField(dst, "lastRepliedChannel", channel)
}

// appendNewer appends the fields that no document knows. A third of the rows
// have none of them; those that were never written to have no lastSent….
func (f *fields) appendNewer(dst []byte, dice, change *stream, answered bool, r row) []byte {
	if dice.one(3) {
		return f.appendAbsent(dst, "isYourTurn", "lastSentAt", "lastSentSubject", "lastSentMessagePreview",
			"lastRepliedSubject", "lastRepliedMessagePreview")
	}
	dst = appendBool(dst, "isYourTurn", answered && change.one(2))
	subject := pick(dice, f.words.subjects)
	switch dice.below(8) {
	case 0:
		dst = append(dst, `,"lastSentAt":null`...)
	case 1:
		dst = f.appendAbsent(dst, "lastSentAt", "lastSentSubject", "lastSentMessagePreview")
	default:
		dst = f.times.append(appendName(dst, "lastSentAt"), r.created+(r.last-r.created)/2)
		dst = appendField(dst, "lastSentSubject", subject)
		dst = appendField(dst, "lastSentMessagePreview", cut(pick(change, f.words.previews), 100))
		if f.halves && dice.one(8) {
			dst = append(dst[:len(dst)-1], `\ud83d"`...)
		}
	}
	if !answered {
		return f.appendAbsent(dst, "lastRepliedSubject", "lastRepliedMessagePreview")
	}
	dst = appendField(dst, "lastRepliedSubject", "Re: "+subject)
	return appendField(dst, "lastRepliedMessagePreview", pick(change, f.words.replies))
}

// appendUnknown appends a key that nobody documents to one row in ten; others
// stand inside users, opportunities and contact.
func (f *fields) appendUnknown(dst []byte, dice *stream, n uint32, unknown int) []byte {
	switch unknown {
	case 0:
		return append(dst, `,"score":0.8725`...)
	case 1:
		dst = append(dst, `,"snooze":{"until":"2026-04-01T00:00:00.000Z","by":"`...)
		return append(append(dst, pick(dice, f.users)...), `"}`...)
	case 2:
		return append(dst, `,"sequenceNumber":9007199254740993`...) // 2^53 + 1
	case 3:
		dst = f.ids.append(append(dst, `,"labelIds":["`...), "lbl_", uint64(n)%3)
		return append(dst, `"]`...)
	case 7:
		return append(dst, `,"priority":"3","":null`...) // a numeric string; an empty key
	}
	return dst
}

func (f *fields) appendContact(dst []byte, dice *stream, n uint32, unknown int, odd anomaly) []byte {
	if odd == contactIsText {
		return append(dst, `,"contact":"[object Object]"`...)
	}
	if dice.one(16) {
		return f.appendAbsent(dst, "contact")
	}
	dst = f.ids.append(append(dst, `,"contact":{"_id":"`...), "ctc_", uint64(n))
	dst = append(dst, '"')
	who := f.words.person(f.seed, n)
	if who.name == "" {
		dst = f.appendAbsent(dst, "fullName")
	} else {
		dst = appendField(dst, "fullName", who.name)
	}
	if who.email == "" {
		dst = f.appendAbsent(dst, "email")
	} else {
		dst = appendField(dst, "email", who.email)
	}
	if unknown == 6 {
		dst = appendField(dst, "companyName", pick(dice, f.words.companies))
	}
	return append(dst, '}')
}

// appendAbsent appends nothing, or null with NullForAbsent.
func (f *fields) appendAbsent(dst []byte, names ...string) []byte {
	if f.nulls {
		for _, name := range names {
			dst = append(appendName(dst, name), "null"...)
		}
	}
	return dst
}
