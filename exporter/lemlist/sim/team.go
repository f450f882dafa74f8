package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// team is GET /team. Its body holds what real ones hold and nobody may store:
// webhook addresses, a key and billing data, all made of PlantedSecret, and a key
// that nobody documents. `users`, which only version 2 has, lacks the last member
// of a team of two or more, as the documented example does.
func team(o *Options, c content, query url.Values) reply {
	userIDs := c.userIDs()
	body := append([]byte(`{"_id":`), appendString(nil, c.teamID())...)
	body = appendField(body, "name", "Simulated team (seed "+strconv.FormatUint(o.Seed, 10)+"), no real data")
	body = append(body, `,"userIds":[`...)
	for i, id := range userIDs {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendString(body, id)
	}
	body = append(body, ']')
	if len(userIDs) > 0 {
		body = appendField(body, "createdBy", userIDs[0])
	}
	body = append(body, `,"createdAt":"2024-05-06T07:08:09.010Z","beta":[],"invitedUsers":[],"region":"nowhere"`...)
	body = append(body, `,"hooks":[{"_id":"hoo_SimulatedHook00001","targetUrl":"https://hooks.example.com/in/`+PlantedSecret+`"}]`...)
	body = append(body, `,"slackWebhook":{"url":"https://slack.example.com/services/`+PlantedSecret+`","channel":"#replies"}`...)
	body = append(body, `,"billing":{"plan":"simulated","customer":"`+PlantedSecret+`"}`...)
	body = appendField(body, "apiKey", PlantedSecret)
	if query.Get("version") == "v2" {
		body = append(body, `,"users":[`...)
		for i, id := range userIDs[:max(min(1, len(userIDs)), len(userIDs)-1)] {
			if i > 0 {
				body = append(body, ',')
			}
			body = appendTeamUser(o, body, i, id)
		}
		body = append(body, ']')
	}
	return reply{status: http.StatusOK, kind: kindJSON, body: append(body, '}')}
}

// appendTeamUser appends a member as version 2 of GET /team lists it. The first
// has a key that nobody documents; of eight, the sixth has no name and the seventh no role.
func appendTeamUser(o *Options, dst []byte, index int, id string) []byte {
	dst = appendString(append(dst, `{"userId":`...), id)
	switch {
	case index%8 != 5:
		dst = appendField(dst, "name", userName(index))
	case o.NullForAbsent:
		dst = append(dst, `,"name":null`...)
	}
	dst = appendField(dst, "email", userEmail(index))
	switch {
	case o.TypeSurprises && index%8 == 1:
		dst = append(dst, `,"role":{"admin":false}`...)
	case index%8 != 6:
		dst = appendField(dst, "role", role(index))
	case o.NullForAbsent:
		dst = append(dst, `,"role":null`...)
	}
	if index == 0 {
		dst = appendField(dst, "timezone", "Europe/Nowhere")
	}
	return append(dst, '}')
}

// senders is GET /team/senders: a bare array; with `state` only every other user.
func senders(c content, query url.Values) reply {
	body := []byte{'['}
	for i, id := range c.userIDs() {
		if query.Has("state") && i%2 == 1 {
			continue
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = appendString(append(body, `{"userId":`...), id)
		body = append(body, `,"campaigns":[{"_id":"cam_SimulatedCampaign1","name":"Simulated campaign","status":"running","sendingChannels":["email"]}]}`...)
	}
	return reply{status: http.StatusOK, kind: kindJSON, body: append(body, ']')}
}

// user is GET /users/{id}. It knows no name.
func user(o *Options, c content, id string) reply {
	index := slices.Index(c.userIDs(), id)
	if index < 0 {
		return fail(o.Errors, http.StatusBadRequest, "Endpoint not available")
	}
	body := appendString([]byte(`{"_id":`), id)
	body = appendField(body, "email", userEmail(index))
	body = appendField(body, "role", role(index))
	body = append(body, `,"mailboxes":[{"_id":"usm_SimulatedMailbox01","email":"`+userEmail(index)+
		`","status":"connected","lemlist":{"emailLimit":100},"lemwarm":{"active":false}}]}`...)
	return reply{status: http.StatusOK, kind: kindJSON, body: body}
}

func role(index int) string {
	if index == 0 {
		return "owner"
	}
	return "member"
}

func userName(index int) string { return "Simulated sender " + strconv.Itoa(index+1) }

func userEmail(index int) string { return "sender-" + strconv.Itoa(index+1) + "@example.com" }
