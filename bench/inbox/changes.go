package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// MakeChanges writes the pages that a walk since the last run would read: of ten
// conversations five are anywhere in the inbox, four among its newest tenth, and
// one is new; with task.Newest all but the new ones are among the newest, twice as many as
// change. All have an activity later than any in the inbox, and other values.
func MakeChanges(task process.Task) error {
	random := rand.New(rand.NewPCG(1, uint64(task.Changes)))
	below := task.Conversations
	if known := task.Changes - task.Changes/10; task.Newest {
		below = min(below, 2*known)
	}
	chosen := choose(random, below, task.Changes-task.Changes/10)
	rows := make([]json.RawMessage, 0, task.Changes)
	at := 0
	err := Each(task.Before, func(body []byte) error {
		defer func() { at += PageSize }()
		if !anyIn(chosen, at, at+PageSize) {
			return nil
		}
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		for i, row := range page.Data {
			if _, ok := chosen[at+i]; ok {
				rows = append(rows, bytes.Clone(row))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for known := len(rows); len(rows) < task.Changes; {
		rows = append(rows, rows[random.IntN(known)])
	}
	for i := range rows {
		var id string
		if i >= len(chosen) {
			id = fmt.Sprintf("ibx_New%014d", i)
		}
		if rows[i], err = changed(rows[i], id, i); err != nil {
			return err
		}
	}
	return writePages(task.Out, func(write func([]byte) error) error { return paged(rows, write) })
}

// choose takes that many places among the first n.
func choose(random *rand.Rand, n, places int) map[int]struct{} {
	chosen := make(map[int]struct{}, places)
	anywhere := places - places*4/9
	for len(chosen) < places {
		below := n
		if len(chosen) >= anywhere && n >= 10*places {
			below = n / 10
		}
		chosen[random.IntN(below)] = struct{}{}
	}
	return chosen
}

func anyIn(chosen map[int]struct{}, from, to int) bool {
	for at := from; at < to; at++ {
		if _, ok := chosen[at]; ok {
			return true
		}
	}
	return false
}

// changed is a conversation after a reply; the first one has the newest.
func changed(row json.RawMessage, id string, place int) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(row, &fields); err != nil {
		return nil, err
	}
	when := strconv.Quote(sim.Epoch().Add(30*time.Minute - time.Duration(place)*time.Millisecond).Format("2006-01-02T15:04:05.000Z"))
	fields["lastActivityAt"], fields["lastRepliedAt"] = json.RawMessage(when), json.RawMessage(when)
	fields["haveReplies"], fields["isYourTurn"] = json.RawMessage("true"), json.RawMessage("true")
	fields["lastRepliedChannel"] = json.RawMessage(`"email"`)
	fields["lastRepliedMessagePreview"] = json.RawMessage(strconv.Quote("Yes, number " + strconv.Itoa(place) + " suits us."))
	if id != "" {
		fields["_id"] = json.RawMessage(strconv.Quote(id))
	}
	return json.Marshal(fields)
}

// paged writes the rows as the API would.
func paged(rows []json.RawMessage, write func([]byte) error) error {
	pages := (len(rows) + PageSize - 1) / PageSize
	for page := 1; page <= pages; page++ {
		type pagination struct {
			TotalItems  int `json:"totalItems"`
			CurrentPage int `json:"currentPage"`
			PerPage     int `json:"perPage"`
			TotalPages  int `json:"totalPages"`
		}
		body, err := json.Marshal(struct {
			Data       []json.RawMessage `json:"data"`
			Pagination pagination        `json:"pagination"`
		}{rows[(page-1)*PageSize : min(page*PageSize, len(rows))], pagination{len(rows), page, PageSize, pages}})
		if err != nil {
			return err
		}
		if err := write(body); err != nil {
			return err
		}
	}
	return nil
}
