package sim_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// BenchmarkPage serves pages of 100 of a large team without a network.
func BenchmarkPage(b *testing.B) {
	server, err := sim.New(sim.Options{Users: 5, Conversations: 200_000, Unlimited: true})
	if err != nil {
		b.Fatal(err)
	}
	user, bytes, page := server.UserIDs()[0], int64(0), 0
	for b.Loop() {
		page = page%500 + 1
		r := httptest.NewRequest(http.MethodGet, "/api/inbox?limit=100&userId="+user+"&page="+strconv.Itoa(page), nil)
		r.SetBasicAuth("", server.Key())
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		bytes += int64(answer.Body.Len())
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "B/page")
}

// BenchmarkNew builds a team of a million conversations.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sim.New(sim.Options{Users: 5, Conversations: 1_000_000}); err != nil {
			b.Fatal(err)
		}
	}
}
