package lemlist

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// everything is all that a run of a source has shown to anyone.
func everything(w *witness, errs ...error) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.log.String()
	for _, event := range w.events {
		text += fmt.Sprintf("%+v\n", event)
	}
	for _, err := range errs {
		for ; err != nil; err = unwrap(err) {
			text += fmt.Sprintf("%v %+v %#v %s\n", err, err, err, exporter.Hint(err))
		}
	}
	return text
}

func unwrap(err error) error {
	if wrapper, ok := err.(interface{ Unwrap() error }); ok {
		return wrapper.Unwrap()
	}
	return nil
}

// use surveys and walks, and returns what went wrong.
func use(t *testing.T, source *Source) []error {
	t.Helper()
	_, err := source.Survey(t.Context())
	errs := []error{err}
	for _, err := range source.Walk(t.Context(), nil, nil).Pages() {
		errs = append(errs, err)
	}
	return errs
}

func TestTheKeyAndTheTeamsSecretsAreNeverShown(t *testing.T) {
	t.Parallel() // it waits most of the time
	echo := func(status int, form string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, key, _ := r.BasicAuth()
			w.Header().Set("Location", "https://example.com/"+key+"?k="+key)
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, form, key, r.Header.Get("Authorization"))
		}
	}
	raw := func(form string) http.HandlerFunc { // not even HTTP
		return func(w http.ResponseWriter, r *http.Request) {
			_, key, _ := r.BasicAuth()
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer func(conn net.Conn) { _ = conn.Close() }(conn)
			_, _ = fmt.Fprintf(conn, form, key, r.Header.Get("Authorization"))
		}
	}
	for name, handle := range map[string]http.HandlerFunc{
		"a text":              echo(500, "no access for %s, %s"),
		"JSON":                echo(400, `{"error":{"code":"%s","message":"%[1]s %s"}}`),
		"a code":              echo(400, `{"error":{"code":"%s %s"}}`),
		"a web page":          echo(200, "<html><title>%s %s</title>"),
		"a page of the inbox": echo(200, `{"data":[],"pagination":{"%s":"%s"}}`),
		"a redirect":          echo(302, "%s %s"),
		"refused credentials": echo(401, "%s %s"),
		"a throttle":          echo(429, "%s %s"),
		"a broken status":     raw("HTTP/1.1 %s %s\r\n\r\n"),
		"a broken header":     raw("HTTP/1.1 200 OK\r\n%s %s\r\n\r\n"),
		"a broken encoding":   raw("HTTP/1.1 200 OK\r\nContent-Encoding: %s %s\r\nContent-Length: 3\r\n\r\nabc"),
		"a broken length":     raw("HTTP/1.1 200 OK\r\nContent-Length: %s %s\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, w := open(t, serve(t, handle), paced(func(p *pace) { p.attempts, p.patience = 2, 100*time.Millisecond }))
			failed := use(t, source)
			if failed[0] == nil || failed[1] == nil {
				t.Fatalf("no error: %v", failed)
			}
			hideNothing(t, everything(w, failed...))
		})
	}
	t.Run("a good run", func(t *testing.T) {
		_, endpoint := simulate(t, sim.Options{Unlimited: true, Conversations: 300, Faults: []sim.FaultRule{{Fault: sim.FaultEcho, Rate: 0.3}}})
		source, w := open(t, endpoint, paced(func(p *pace) { p.attempts = 20 }))
		for _, err := range use(t, source) {
			if err != nil {
				t.Error(err)
			}
		}
		text := everything(w)
		if !strings.Contains(text, "(sensitive)") || !strings.Contains(text, "path=/api/team") || !strings.Contains(text, "status=200") {
			t.Errorf("the log does not show what it should:\n%s", text)
		}
		hideNothing(t, text)
	})
}

// hideNothing fails when a text shows what nobody may see.
func hideNothing(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testKey, base64.StdEncoding.EncodeToString([]byte(":" + testKey)), sim.PlantedSecret} {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%q is shown: …%s…", secret, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}
