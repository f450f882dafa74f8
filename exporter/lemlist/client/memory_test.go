package client

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/internal/test/pipenet"
)

// piped opens a client with the usual policy at a handler that is reached through pipes.
// Call it in a synctest bubble.
func piped(t *testing.T, handler http.Handler) (*Client, *apitest.Witness) {
	t.Helper()
	return open(t, "http://127.0.0.1/api", func(o *Options) { o.Policy, o.Dial = DefaultPolicy(0, 16), pipenet.Serve(t, handler) })
}

// largePage is a good page that is no small answer.
var largePage = apitest.EmptyPage + strings.Repeat(" ", exporter.DefaultMemory/bodyShare/smallParts)

func TestOneLargeAnswerIsReadAtATime(t *testing.T) {
	for name, page := range map[string]string{
		"many bytes":  largePage,
		"many values": strings.Replace(apitest.EmptyPage, `"data"`, `"more":[`+strings.Repeat("1,", exporter.DefaultMemory/bytesPerValue/smallValueParts)+`1],"data"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, w := piped(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }))
				ctx, cancel := context.WithCancel(t.Context())
				first, err := list(ctx, c, "usr_1", 1)
				if err != nil {
					t.Fatal(err)
				}
				second := make(chan error)
				go func() {
					got, err := list(t.Context(), c, "usr_2", 1)
					if err == nil {
						got.Place.Release()
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
					first.Place.Release()
					first.Place.Release() // once is enough
				} else {
					cancel() // of the walk that has the first
				}
				if err := <-second; err != nil || apitest.Seen[exporter.RequestRetried](w) != nil {
					t.Errorf("error %v, %v", err, apitest.Seen[exporter.RequestRetried](w))
				}
				cancel()
				if len(c.memory.place) != 1 {
					t.Error("the place is not free in the end")
				}
			})
		})
	}
}

func TestSmallAnswersDoNotWaitForLargeOnes(t *testing.T) {
	pages := map[string]string{"usr_large": largePage, "usr_small": apitest.EmptyPage}
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(pages[r.URL.Query().Get("userId")]))
	})
	c, _ := open(t, endpoint)
	for _, user := range []string{"usr_large", "usr_small"} {
		if _, err := list(t.Context(), c, user, 1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFailedLargeAnswerGivesItsPlaceBack(t *testing.T) {
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(largePage[:len(largePage)-1] + "x"))
	})
	c, _ := open(t, endpoint)
	if _, err := list(t.Context(), c, "usr_1", 1); err == nil || !strings.Contains(err.Error(), "gave up after") {
		t.Errorf("error %v", err)
	}
	if len(c.memory.place) != 1 {
		t.Error("the place is not free")
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
