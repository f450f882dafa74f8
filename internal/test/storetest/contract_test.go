package storetest

import (
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/internal/test/storecontract"
)

// quick gives up sooner than the product does.
func quick(t testing.TB) store.Options {
	return store.Options{Scratch: scratch.New(t.TempDir()), Attempts: 4, Idle: 2 * time.Second, MaxDelay: 50 * time.Millisecond}
}

func TestEveryBucketKeepsTheContract(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		storecontract.Run(t, storecontract.Kind{}, func(t *testing.T) func() exporter.Destination {
			url, options := s.at(s.direct, folder()), quick(t)
			return func() exporter.Destination { return open(t, url, options) }
		})
	})
}

func open(t testing.TB, url string, options store.Options) exporter.Destination {
	t.Helper()
	to, err := options.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	return to
}
