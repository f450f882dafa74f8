package conformance

import (
	"testing"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// Instance is an implementation that runs.
type Instance struct {
	// Client calls it. Its limit for messages has to be above gRPC's default of 4 MiB:
	// a single row may be larger.
	Client pluginv1.ExporterClient
	// Kill, when set, ends it without warning, as a crash does.
	Kill func()
}

// Run tests an implementation. start gives a fresh instance, which it has to end
// with the test that it is given.
func Run(t *testing.T, start func(t *testing.T) Instance) {
	t.Helper()
	for _, group := range [][]check{described(), read(), positions(), resumed(), refused(), held(), stopped(), exported()} {
		for _, one := range group {
			t.Run(one.rule, func(t *testing.T) {
				t.Parallel()
				one.run(t, start(t))
			})
		}
	}
}

// check is one rule of the contract.
type check struct {
	rule string
	run  func(t *testing.T, instance Instance)
}
