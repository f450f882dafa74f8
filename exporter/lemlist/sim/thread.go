package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Threads of every 32nd row (counting from 7) have 300 messages, those after
// them one message of 200 KB.
const (
	longThread   = 300
	longBody     = 200_000
	threadPeriod = 32
)

// thread is GET /inbox/{contactId}: the messages of a conversation, newest
// first, paged by `skip`. markAsRead is a violation and changes nothing here.
func (s *Server) thread(contactID string, query url.Values) reply {
	bad := func(message string) reply { return s.fail(http.StatusBadRequest, message) }
	userIDs := s.world.content.userIDs()
	if user := query.Get("userId"); user != "" && !slices.Contains(userIDs, user) {
		if !strings.HasPrefix(user, "usr_") {
			return bad("Invalid userId")
		}
		return bad("User not in team")
	}
	// Any value counts, `false` too: a JavaScript server may only look whether there is one.
	if query.Get("markAsRead") != "" && query.Get("userId") == "" {
		return bad("User ID is required to mark as read")
	}
	limit, okLimit := s.number(query, "limit", 1, s.opts.PageSize)
	skip, okSkip := s.number(query, "skip", 0, 0)
	if !okLimit || !okSkip {
		return bad("Match error: Expected positive number")
	}
	at, ok := s.world.contact(contactID)
	if !ok {
		return bad("Invalid contactId")
	}
	dice := newStream(s.opts.Seed, topicThread, uint64(at.n), 0)
	count := 1 + dice.below(12)
	if at.n%threadPeriod == 7 {
		count = longThread
	}
	body := []byte(`{"data":[`)
	for k := skip; k < count && k-skip < limit; k++ {
		if k > skip {
			body = append(body, ',')
		}
		body = s.appendMessage(body, at, contactID, k, count)
	}
	body = append(body, `],"pagination":{`...)
	body = s.appendPagination(body, reading{total: count, page: skip/limit + 1}, int(at.n)+maxUsers, limit)
	return reply{status: http.StatusOK, kind: kindJSON, body: append(body, '}', '}')}
}

// appendMessage appends message number k of count, 0 being the newest. Replies
// and mails of ours take turns; now and then one comes by LinkedIn, was written
// by hand, or has no body.
func (s *Server) appendMessage(dst []byte, at placed, contactID string, k, count int) []byte {
	dice := newStream(s.opts.Seed, topicThread, uint64(at.n), uint64(k)+1)
	names := ids{s.opts.Seed}
	sent := at.created + (at.last-at.created)*int64(count-1-k)/int64(count)
	inbound := k%2 == 0 && s.world.content.answered(at.n)
	linkedin := dice.one(5)
	kind := "emails"
	if linkedin {
		kind = "linkedin"
	}
	if inbound {
		kind += "Replied"
	} else {
		kind += "Sent"
	}

	number := uint64(at.n)*1024 + uint64(k)
	dst = names.append(append(dst, `{"_id":"`...), "act_", number|1<<40)
	dst = appendField(append(dst, '"'), "type", kind)
	dst = s.opts.Times.append(appendName(dst, "createdAt"), sent)
	dst = appendField(dst, "teamId", s.world.content.teamID())
	dst = appendField(dst, "contactId", contactID)
	dst = appendField(dst, "sendUserId", s.world.content.userIDs()[0])
	if dice.one(3) {
		dst = append(dst, `,"campaignId":null`...) // written by hand
	} else {
		dst = appendField(dst, "campaignId", "cam_SimulatedCampaign1")
		dst = append(dst, `,"sequenceStep":0`...)
	}
	text := "Message " + strconv.Itoa(count-k) + ": " + pick(&dice, s.words.previews)
	if k == 0 && at.n%threadPeriod == 8 {
		text += strings.Repeat(" and so on", longBody/10)
	}
	switch {
	case dice.one(16):
		dst = appendField(dst, "emailTemplateName", "linkedinInvite") // a connection note: no body
	case linkedin:
		dst = appendField(dst, "text", text)
	default:
		dst = appendField(dst, "subject", pick(&dice, s.words.subjects))
		dst = appendField(dst, "messageId", "<"+strconv.FormatUint(number, 16)+"@mail.example.com>")
		dst = appendField(dst, "message", `<html><body><div dir="ltr">`+text+`</div><img src="https://track.example.com/open.gif" width="1" height="1"></body></html>`)
		dst = append(dst, `,"attachments":[]`...)
	}
	return append(dst, '}')
}
