package lemlist

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// open opens a source that hardly waits, without a rate limit of its own.
func open(t *testing.T, endpoint string, change ...func(*Options)) (*Source, *apitest.Witness) {
	t.Helper()
	w := &apitest.Witness{}
	p := client.DefaultPolicy(0, prover.MostInFlight)
	p.FirstWait, p.LongestWait, p.LeastThrottle = 2*time.Millisecond, 4*time.Millisecond, time.Millisecond
	opts := Options{
		Endpoint: endpoint, Key: exporter.NewSecret(apitest.Key), Observer: w, UserAgent: "lemexport/test", Unlimited: true,
		// Simulated rows have their newest activity 10 ms apart.
		Margin: exporter.Margin{Lookback: 100 * time.Millisecond, Settle: 20 * time.Millisecond},
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})), policy: &p,
	}
	for _, one := range change {
		one(&opts)
	}
	source, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	return source, w
}

func limited(opts *Options) { opts.Unlimited = false }

func chosen(users ...string) func(*Options) {
	return func(opts *Options) { opts.Users = slices.Clone(users) }
}

func withPolicy(change func(*client.Policy)) func(*Options) {
	return func(opts *Options) { change(opts.policy) }
}

func TestTheKeyIsNotTakenForAUser(t *testing.T) {
	_, err := Open(Options{Endpoint: exporter.DefaultEndpoint, Key: exporter.NewSecret(apitest.Key), Users: []string{"usr_1", apitest.Key}})
	if err == nil || !strings.Contains(err.Error(), "one of the users is the API key") || strings.Contains(err.Error()+exporter.Hint(err), apitest.Key) {
		t.Errorf("error %q, hint %q", err, exporter.Hint(err))
	}
}
