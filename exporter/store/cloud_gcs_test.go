//go:build !no_gcs

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// gcsSessions is a server that takes uploads in sessions, as Cloud Storage takes
// large ones, and refuses them at the end when it is told to.
type gcsSessions struct {
	t       *testing.T
	url     string
	params  url.Values // of the last session
	got     int
	refuses bool
}

// ServeHTTP implements http.Handler.
func (s *gcsSessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	object := map[string]any{"name": "x/" + dataName, "generation": "8", "metadata": map[string]string{runKey: "run-other"}}
	switch r.URL.Path {
	case "/upload/storage/v1/b/lake/o":
		s.params, s.got = r.URL.Query(), 0
		w.Header().Set("Location", s.url+"/session?upload_id=1")
		return
	case "/session":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		s.got += len(body)
		if strings.HasSuffix(r.Header.Get("Content-Range"), "/*") {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", s.got-1))
			w.Header().Set("X-HTTP-Status-Code-Override", "308") // what the client asks for in place of the status
			return
		}
		if s.refuses {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
	}
	if err := json.NewEncoder(w).Encode(object); err != nil {
		s.t.Error(err)
	}
}

// A large upload goes in parts; the condition is that of the whole, and the server
// may refuse it at the end.
func TestALargeUploadToGoogleIsConditional(t *testing.T) {
	const size = 33<<20 + 17
	for over, want := range map[exporter.Version]string{"": "0", "1700000000000007": "1700000000000007"} {
		for _, refuses := range []bool{false, true} {
			s := &gcsSessions{t: t, refuses: refuses}
			server := httptest.NewServer(s)
			s.url = server.URL
			to, err := Options{TempDir: t.TempDir(), Attempts: 3, MaxDelay: time.Millisecond}.Open("gs://lake/x?anonymous=true&endpoint=" + server.URL)
			if err != nil {
				t.Fatal(err)
			}
			upload, err := to.Create(t.Context(), dataName, over)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := upload.Write(make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			err = upload.Commit(t.Context())
			if s.params.Get("uploadType") != "resumable" || s.params.Get("ifGenerationMatch") != want || s.got != size {
				t.Errorf("over %q it sent %v and %d bytes", over, s.params, s.got)
			}
			if refuses && (!errors.Is(err, exporter.ErrConflict) || !strings.Contains(err.Error(), "run-other")) || !refuses && err != nil {
				t.Errorf("refused: %v, the commit gave %v", refuses, err)
			}
			server.Close()
		}
	}
}
