package sim

import (
	"net/http"
)

// labelsPath is the route of the team's labels.
const labelsPath = "/api/inbox/labels"

// labels is GET /inbox/labels: a bare array without paging. The ids are those
// that rows name in the undocumented key `labelIds`. One label in three tells
// neither when it was made nor by whom; the second has a key that nobody documents.
func labels(o *Options, users int) reply {
	names, words := ids{o.Seed}, newWords()
	body := []byte{'['}
	for n := range o.Labels {
		if n > 0 {
			body = append(body, ',')
		}
		dice := newStream(o.Seed, topicLabel, uint64(n), 0)
		body = names.append(append(body, `{"_id":"`...), "lbl_", uint64(n))
		body = appendField(append(body, '"'), "name", pick(&dice, words.labels))
		body = appendField(body, "color", pick(&dice, words.colors))
		created := Epoch().UnixMilli() - int64(dice.below(int(500*day)))
		body = appendName(body, "createdAt")
		switch {
		case n%3 == 0:
			body = append(body, `null,"createdBy":null`...)
		case o.TypeSurprises:
			body = append(body, `"[object Object]","createdBy":7`...)
		default:
			body = o.Times.append(body, created)
			body = appendField(body, "createdBy", userEmail(dice.below(users)))
		}
		if n == 1 {
			body = append(body, `,"position":{"before":null}`...)
		}
		body = append(body, '}')
	}
	return reply{status: http.StatusOK, kind: kindJSON, body: append(body, ']')}
}
