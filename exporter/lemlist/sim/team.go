package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// team is GET /team. Its body holds what real ones hold and nobody may store:
// webhook addresses and a key, all made of PlantedSecret. `users`, which only
// version 2 has, lacks the last member of a team of two or more.
func (s *Server) team(query url.Values, _ *Call) reply {
	c := s.world.content
	userIDs := c.userIDs()
	body := append([]byte(`{"_id":`), appendString(nil, c.teamID())...)
	body = appendField(body, "name", "Simulated team (seed "+strconv.FormatUint(s.opts.Seed, 10)+"), no real data")
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
	body = append(body, `,"createdAt":"2024-05-06T07:08:09.010Z","beta":[],"invitedUsers":[]`...)
	body = append(body, `,"hooks":[{"_id":"hoo_SimulatedHook00001","targetUrl":"https://hooks.example.com/in/`+PlantedSecret+`"}]`...)
	body = append(body, `,"slackWebhook":{"url":"https://slack.example.com/services/`+PlantedSecret+`","channel":"#replies"}`...)
	body = appendField(body, "apiKey", PlantedSecret)
	if query.Get("version") == "v2" {
		body = append(body, `,"users":[`...)
		for i, id := range userIDs[:max(min(1, len(userIDs)), len(userIDs)-1)] {
			if i > 0 {
				body = append(body, ',')
			}
			body = appendString(append(body, `{"userId":`...), id)
			body = appendField(body, "name", userName(i))
			body = appendField(body, "email", userEmail(i))
			body = append(appendField(body, "role", role(i)), '}')
		}
		body = append(body, ']')
	}
	return reply{status: http.StatusOK, kind: kindJSON, body: append(body, '}')}
}

// senders is GET /team/senders: a bare array; with `state` only every other user.
func (s *Server) senders(query url.Values, _ *Call) reply {
	body := []byte{'['}
	for i, id := range s.world.content.userIDs() {
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
func (s *Server) user(id string) reply {
	index := slices.Index(s.world.content.userIDs(), id)
	if index < 0 {
		return s.fail(http.StatusBadRequest, "Endpoint not available")
	}
	body := appendString([]byte(`{"_id":`), id)
	body = appendField(body, "email", userEmail(index))
	body = appendField(body, "role", role(index))
	body = append(body, `,"mailboxes":[{"_id":"usm_SimulatedMailbox01","email":"`+userEmail(index)+
		`","status":"connected","lemlist":{"emailLimit":100},"lemwarm":{"active":false}}]}`...)
	return reply{status: http.StatusOK, kind: kindJSON, body: body}
}

// labels is GET /inbox/labels: a bare array without paging.
func (s *Server) labels(url.Values, *Call) reply {
	return reply{status: http.StatusOK, kind: kindJSON, body: []byte(
		`[{"_id":"lbl_SimulatedLabel0001","name":"Interested","color":"#2F9E44","createdAt":null,"createdBy":null},` +
			`{"_id":"lbl_SimulatedLabel0002","name":"Later 🕰","color":"#1971C2","createdAt":"2025-01-02T03:04:05.678Z","createdBy":"sender-1@example.com"}]`)}
}

func role(index int) string {
	if index == 0 {
		return "owner"
	}
	return "member"
}

func userName(index int) string { return "Simulated sender " + strconv.Itoa(index+1) }

func userEmail(index int) string { return "sender-" + strconv.Itoa(index+1) + "@example.com" }
