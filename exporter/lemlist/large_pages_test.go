package lemlist

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// largePage is a good page that is larger than a small response may be.
var largePage = apitest.EmptyPage + strings.Repeat(" ", exporter.DefaultMemory/512)

func TestAWalkTakesLargePagesOneAfterTheOther(t *testing.T) {
	const users = 5
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
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
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if another, err := source.fetch(ctx, pageRequest{user: "a", page: 1}); err == nil {
			another.release()
			t.Error("another large page was read while the first is looked at")
		}
		cancel()
		rows += int(page.Record.NumRows())
	}
	another, err := source.fetch(t.Context(), pageRequest{user: "a", page: 1})
	if err != nil {
		t.Fatal(err)
	}
	another.release()
	if rows < users {
		t.Errorf("%d rows", rows)
	}
}
