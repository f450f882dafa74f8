package lemlist

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

// everything is all that a run of a source has shown to anyone.
func everything(w *apitest.Witness, errs ...error) string {
	text := w.Text()
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
	_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
	errs := []error{err}
	for _, err := range source.Walk(t.Context(), schema.InboxConversations(), nil, nil).Pages() {
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
			source, w := open(t, apitest.Serve(t, handle), withPolicy(func(p *client.Policy) { p.Attempts, p.Patience = 2, 100*time.Millisecond }))
			failed := use(t, source)
			if failed[0] == nil || failed[1] == nil {
				t.Fatalf("no error: %v", failed)
			}
			hideNothing(t, everything(w, failed...))
		})
	}
	t.Run("a good run", func(t *testing.T) {
		_, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Conversations: 300, Faults: []sim.FaultRule{{Fault: sim.FaultEcho, Rate: 0.3}}})
		source, w := open(t, endpoint, withPolicy(func(p *client.Policy) { p.Attempts = 20 }))
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

// A server repeats a part of the key in other forms, in every place that is shown.
func TestNoPartOfTheKeyIsShownInAnyForm(t *testing.T) {
	t.Parallel()
	const key = "5b301A7ed0f4c2Q9x8e6d7cafeB1Zk03"
	forms := map[string]func(part string) string{
		"plain": func(p string) string { return p },
		"upper": strings.ToUpper,
		"hex":   func(p string) string { return hex.EncodeToString([]byte(p)) },
		"base64": func(p string) string {
			return base64.StdEncoding.EncodeToString([]byte(":" + p))
		},
		"blanks":  func(p string) string { return strings.Join(strings.Split(p, ""), " ") },
		"marks":   func(p string) string { return strings.Join(strings.Split(p, ""), "\u0301") },
		"percent": func(p string) string { return url.PathEscape(strings.ReplaceAll(p, "e", "%65")) },
	}
	places := map[string]func(w http.ResponseWriter, said string){
		"a message": func(w http.ResponseWriter, said string) { http.Error(w, said, http.StatusForbidden) },
		"an object": func(w http.ResponseWriter, said string) {
			w.WriteHeader(http.StatusForbidden)
			writeJSON(w, map[string]any{"error": map[string]string{"message": said}})
		},
		"a redirect": func(w http.ResponseWriter, said string) {
			w.Header().Set("Location", "https://a.example/"+url.PathEscape(said))
			w.WriteHeader(http.StatusFound)
		},
		"a page": func(w http.ResponseWriter, said string) {
			fmt.Fprintf(w, "<html><title>%s</title>", html.EscapeString(said))
		},
		"a team": func(w http.ResponseWriter, said string) {
			writeJSON(w, map[string]any{"_id": "tea_" + said, "userIds": []string{"usr_1"}})
		},
		"a user": func(w http.ResponseWriter, said string) {
			writeJSON(w, map[string]any{"_id": "tea_1", "userIds": []string{"usr_" + said}})
		},
	}
	for placeName, place := range places {
		for formName, form := range forms {
			t.Run(placeName+"/"+formName, func(t *testing.T) {
				t.Parallel()
				for _, part := range []string{key[:31], key[1:], key[7:15]} {
					source, w := open(t, apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) { place(w, form(part)) }),
						func(o *Options) { o.Key = exporter.NewSecret(key) }, withPolicy(func(p *client.Policy) { p.Attempts = 1 }))
					failed := use(t, source)
					if failed[0] == nil {
						t.Fatal("no error")
					}
					if text := everything(w, failed...); exporter.NewRedactor(exporter.NewSecret(key)).Holds(text) {
						t.Errorf("a part of the key is shown: %s", text)
					}
				}
			})
		}
	}
	t.Run("the name of a field", func(t *testing.T) {
		source, w := open(t, apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/team") {
				writeJSON(w, map[string]any{"_id": "tea_1", "userIds": []string{"usr_1"}})
				return
			}
			_, _ = fmt.Fprintf(w, `{"data":[{"_id":"ibx_1","lastActivityAt":"2024-12-17T09:42:32.000Z","%s":1}],"pagination":{"totalItems":1,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":100,"totalPages":1}}`, key[:20])
		}), func(o *Options) { o.Key = exporter.NewSecret(key) })
		survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
		if text := everything(w, err) + fmt.Sprintf("%+v", survey); err != nil || !strings.Contains(text, "Unknown:[(sensitive)]") || exporter.NewRedactor(exporter.NewSecret(key)).Holds(text) {
			t.Errorf("got %v: %s", err, text)
		}
	})
}

func writeJSON(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) }

// A user that was chosen and is no id could be a key: it is not repeated.
func TestAChosenUserThatIsNoIdIsNotShown(t *testing.T) {
	_, err := team{id: "tea_1", users: []string{"usr_1"}}.choose([]string{"usr_1", "hunter-2", "usr_2"})
	if text := fmt.Sprint(err, exporter.Hint(err)); strings.Contains(text, "hunter") || !strings.Contains(text, "element 2 of users (not a user id), usr_2") {
		t.Errorf("got %s", text)
	}
}

// hideNothing fails when a text shows what nobody may see.
func hideNothing(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{apitest.Key, base64.StdEncoding.EncodeToString([]byte(":" + apitest.Key)), sim.PlantedSecret} {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%q is shown: …%s…", secret, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}
