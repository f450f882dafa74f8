package lemlist

import (
	"net/http"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/internal/test/pipenet"
)

// piped opens a source, with the usual policy, at a handler that is reached through pipes.
// Call it in a synctest bubble.
func piped(t *testing.T, handler http.Handler, change ...func(*Options)) (*Source, *apitest.Witness) {
	t.Helper()
	dial := pipenet.Serve(t, handler)
	usual := func(o *Options) { o.policy, o.dial = nil, dial }
	return open(t, "http://127.0.0.1/api", append([]func(*Options){usual}, change...)...)
}

// virtual is piped with a simulated API and its rate limit.
func virtual(t *testing.T, opts sim.Options, change ...func(*Options)) (*sim.Server, *Source, *apitest.Witness) {
	t.Helper()
	opts.Key = apitest.Key
	api, err := sim.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if wrong := api.Violations(); wrong != nil {
			t.Errorf("violations: %q", wrong)
		}
	})
	source, w := piped(t, api, append([]func(*Options){limited}, change...)...)
	return api, source, w
}
