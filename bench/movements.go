package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// movements change a simulated team before it is exported again: of a thousand
// conversations five have a new activity, five are new, and five are deleted. nil changes
// nothing.
type movements struct {
	// reads is how many reads of a list the movements are spread over: the simulation
	// makes some before each but the first.
	reads, conversations int
}

func (m *movements) flags() []string {
	if m == nil {
		return nil
	}
	each := float64(m.conversations) / 200 / float64(m.reads-1)
	return []string{"-drift=" + strconv.FormatFloat(each, 'f', -1, 64), "-drift-reads=" + strconv.Itoa(m.reads)}
}

// make reads a list until all movements have been made.
func (m *movements) make(ctx context.Context, sim *simulation) error {
	if m == nil {
		return nil
	}
	var team struct {
		UserIDs []string `json:"userIds"`
	}
	if err := sim.get(ctx, "/team", &team); err != nil {
		return err
	}
	if len(team.UserIDs) == 0 {
		return errors.New("the simulated team has no users")
	}
	for range m.reads {
		if err := sim.get(ctx, "/inbox?userId="+url.QueryEscape(team.UserIDs[0]), new(struct{})); err != nil {
			return err
		}
	}
	return nil
}

// get reads a response of the simulation.
func (s *simulation) get(ctx context.Context, path string, into any) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+path, nil)
	if err != nil {
		return err
	}
	request.SetBasicAuth("", s.Key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", path, response.StatusCode)
	}
	return json.Unmarshal(body, into)
}
