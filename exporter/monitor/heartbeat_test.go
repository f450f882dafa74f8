package monitor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/monitor"
)

// A redirect is followed to where a heartbeat may go, and never without encryption.
func TestRedirectsOfAHeartbeat(t *testing.T) {
	asked := 0
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer target.Close()
	for to, want := range map[string]string{target.URL: "", "http://monitor.example/t0ken": "status 302"} {
		server := httptest.NewServer(http.RedirectHandler(to, http.StatusFound))
		err := monitor.Beat(t.Context(), exporter.NewSecret(server.URL+"/t0ken"))
		server.Close()
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", to, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "t0ken")):
			t.Errorf("%s: %v, want %s", to, err, want)
		}
	}
	if asked != 1 {
		t.Errorf("the target was asked %d times", asked)
	}
}
