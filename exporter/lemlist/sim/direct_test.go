package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// direct calls the handler without a network, for properties that ask thousands of times.
type direct struct {
	t   *rapid.T
	sim *sim.Server
}

func newDirect(t *rapid.T, o sim.Options) direct {
	server, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return direct{t, server}
}

func (d direct) page(user string, number, size int) page {
	r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/api/inbox?userId=%s&page=%d&limit=%d", user, number, size), nil)
	r.SetBasicAuth("", d.sim.Key())
	recorded := httptest.NewRecorder()
	d.sim.ServeHTTP(recorded, r)
	var p page
	if err := json.Unmarshal(recorded.Body.Bytes(), &p); err != nil || recorded.Code != http.StatusOK {
		d.t.Fatalf("status %d, %v in %s", recorded.Code, err, recorded.Body)
	}
	return p
}
