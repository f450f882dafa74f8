package sim_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

var update = flag.Bool("update", false, "write the golden files again")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api is a running simulation and a plain client for it.
type api struct {
	t      testing.TB
	sim    *sim.Server
	url    string
	client *http.Client
}

// answer is an answer that was read to its end, or as far as it went.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body, or of the request
}

// page is the envelope of GET /inbox.
type page struct {
	Data []struct {
		ID string `json:"_id"`
	} `json:"data"`
	Pagination struct {
		TotalItems   *int            `json:"totalItems"`
		CurrentPage  int             `json:"currentPage"`
		NextPage     json.RawMessage `json:"nextPage"`
		PreviousPage json.RawMessage `json:"previousPage"`
		PerPage      int             `json:"perPage"`
		TotalPages   int             `json:"totalPages"`
	} `json:"pagination"`
}

func (p page) ids() []string {
	var ids []string
	for _, row := range p.Data {
		ids = append(ids, row.ID)
	}
	return ids
}

// start runs a simulation over real HTTP for the length of the test. Its rate
// limit is off unless the options say something about it.
func start(t testing.TB, o sim.Options) *api {
	t.Helper()
	server, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	running, err := server.Start(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
	})
	return &api{t: t, sim: server, url: running.URL(), client: &http.Client{Transport: transport}}
}

// unlimited is o without a rate limit.
func unlimited(o sim.Options) sim.Options {
	o.Unlimited = true
	return o
}

func (a *api) get(path string, change ...func(*http.Request)) answer {
	a.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, a.url+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	r.SetBasicAuth("", a.sim.Key())
	for _, f := range change {
		f(r)
	}
	response, err := a.client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body), err}
}

// first reads the first page of a user's list, which must go well.
func (a *api) first(user string, limit int) page {
	a.t.Helper()
	return decode[page](a.t, a.get("/inbox?limit="+strconv.Itoa(limit)+"&userId="+user))
}

func decode[T any](t testing.TB, got answer) T {
	t.Helper()
	var value T
	if got.err != nil || got.status != http.StatusOK {
		t.Fatalf("status %d, error %v, body %.200s", got.status, got.err, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), &value); err != nil {
		t.Fatalf("%v in %.200s", err, got.body)
	}
	return value
}

// expect compares two values that may be compared.
func expect[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
