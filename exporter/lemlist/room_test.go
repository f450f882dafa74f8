package lemlist

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// handled opens a source, with the usual pace, at a handler that is reached through
// pipes. Call it in a synctest bubble.
func handled(t *testing.T, handler http.Handler, change ...func(*Options)) (*Source, *witness) {
	t.Helper()
	network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	served := make(chan error, 1)
	go func() { served <- server.Serve(network) }()
	usual := func(o *Options) {
		p := defaultPace(0)
		o.pace = &p
	}
	source, w := open(t, "http://127.0.0.1/api", append([]func(*Options){usual}, change...)...)
	source.client.transport.DialContext = network.dial
	t.Cleanup(func() {
		_ = source.Close()
		_ = server.Close()
		<-served
	})
	return source, w
}

// largePage is a good page that is no small answer.
var largePage = emptyPage + strings.Repeat(" ", exporter.DefaultMemory/bodyShare/smallParts)

func TestOneLargeAnswerIsReadAtATime(t *testing.T) {
	for name, page := range map[string]string{
		"many bytes":  largePage,
		"many values": strings.Replace(emptyPage, `"data"`, `"more":[`+strings.Repeat("1,", exporter.DefaultMemory/bytesPerValue/smallValueParts)+`1],"data"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, w := handled(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }))
				ctx, cancel := context.WithCancel(t.Context())
				first, err := source.list(ctx, "usr_1", 1)
				if err != nil {
					t.Fatal(err)
				}
				first.page.Record.Release()
				second := make(chan error)
				go func() {
					got, err := source.list(t.Context(), "usr_2", 1)
					if err == nil {
						got.page.Record.Release()
						got.held.release()
					}
					second <- err
				}()
				// Longer than any attempt may take: it is this program that waits.
				select {
				case err := <-second:
					t.Fatalf("a second large answer beside the first: %v", err)
				case <-time.After(time.Hour):
				}
				if name == "many bytes" {
					first.held.release()
					first.held.release() // once is enough
				} else {
					cancel() // of the walk that has the first
				}
				if err := <-second; err != nil || seen[exporter.RequestRetried](w) != nil {
					t.Errorf("error %v, %v", err, seen[exporter.RequestRetried](w))
				}
				cancel()
				if len(source.client.room.place) != 1 {
					t.Error("the place is not free in the end")
				}
			})
		})
	}
}

func TestSmallAnswersDoNotWaitForLargeOnes(t *testing.T) {
	pages := map[string]string{"usr_large": largePage, "usr_small": emptyPage}
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(pages[r.URL.Query().Get("userId")]))
	})
	source, _ := open(t, endpoint)
	for _, user := range []string{"usr_large", "usr_small"} {
		got, err := source.list(t.Context(), user, 1)
		if err != nil {
			t.Fatal(err)
		}
		got.page.Record.Release()
	}
}

func TestAFailedLargeAnswerGivesItsPlaceBack(t *testing.T) {
	endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(largePage[:len(largePage)-1] + "x"))
	})
	source, _ := open(t, endpoint)
	if _, err := source.list(t.Context(), "usr_1", 1); err == nil || !strings.Contains(err.Error(), "gave up after") {
		t.Errorf("error %v", err)
	}
	if len(source.client.room.place) != 1 {
		t.Error("the place is not free")
	}
}

func TestAWalkTakesLargePagesOneAfterTheOther(t *testing.T) {
	const users = 5
	endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user := r.URL.Query().Get("userId")
		row := `{"_id":"ibx_` + user + `","lastActivityAt":"2026-01-01T00:00:00Z","users":[{"userId":"` + user + `"}]}`
		_, _ = w.Write([]byte(strings.NewReplacer("[]", "["+row+"]", `"totalItems":0`, `"totalItems":1`).Replace(largePage)))
	})
	source, _ := open(t, endpoint)
	var names []string
	for i := range users {
		names = append(names, string(rune('a'+i)))
	}
	rows := 0
	walk := newWalk(t.Context(), source, names, exact, source.obs)
	for page, err := range walk.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		if len(source.client.room.place) != 0 {
			t.Error("the place is free while the page is looked at")
		}
		rows += int(page.Record.NumRows())
	}
	if rows < users || len(source.client.room.place) != 1 {
		t.Errorf("%d rows", rows)
	}
}

func TestValuesAreCounted(t *testing.T) {
	for text, want := range map[string]int64{
		``: 1, `[]`: 1, `[1,2,3]`: 3, `{"a":[1,2],"b":{}}`: 3, `["a,b","c"]`: 2, `["\",",1,"\\",2]`: 4, `[1,1,1,1,1,1,1,1,1,1,1,1,1]`: 11,
	} {
		if got := countValues([]byte(text), 10); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
