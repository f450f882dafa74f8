//go:build !no_gcs

package gcs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// sessions is a server that accepts resumable uploads, as Cloud Storage does for large
// objects, and can refuse them at the end.
type sessions struct {
	t       *testing.T
	url     string
	params  url.Values // of the last session
	got     int
	refuses bool
}

// ServeHTTP implements http.Handler.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	object := map[string]any{"name": "x/table.parquet", "generation": "8", "metadata": map[string]string{"lemexportrun": "run-other"}}
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

// A large upload has one condition for all of its parts, and the server may refuse it at the
// end.
func TestALargeUploadIsConditional(t *testing.T) {
	const size = 33<<20 + 17
	for over, want := range map[exporter.Version]string{"": "0", "1700000000000007": "1700000000000007"} {
		for _, refuses := range []bool{false, true} {
			s := &sessions{t: t, refuses: refuses}
			server := httptest.NewServer(s)
			s.url = server.URL
			url, err := exporter.ParseObjectURL("gs://lake/x?anonymous=true&endpoint=" + server.URL)
			if err != nil {
				t.Fatal(err)
			}
			to := bucket.New(url, Driver(), bucket.Options{Scratch: scratch.New(t.TempDir()), Attempts: 3, MaxDelay: time.Millisecond})
			upload, err := to.Create(t.Context(), "table.parquet", over)
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

// The server answers 403 when a right is missing, which is no proof that there is no object.
func TestAnObjectThatMayNotBeReadOrRemovedIsNotMissing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/storage/v1/b/lake/o" { // the list
			_, _ = io.WriteString(w, `{"items":[{"name":"x/table.parquet","generation":"8"}]}`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"code":403,"message":"denied"}}`)
	}))
	defer server.Close()
	url, err := exporter.ParseObjectURL("gs://lake/x?anonymous=true&endpoint=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	to := bucket.New(url, Driver(), bucket.Options{Scratch: scratch.New(t.TempDir()), Attempts: 1})
	if _, err := to.Open(t.Context(), "table.parquet"); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(exporter.Hint(err), "storage.objects.get") {
		t.Errorf("Open gave %v (%s)", err, exporter.Hint(err))
	}
	if err := to.Remove(t.Context(), "table.parquet"); err == nil || !strings.Contains(exporter.Hint(err), "storage.objects.delete") {
		t.Errorf("Remove gave %v (%s)", err, exporter.Hint(err))
	}
}
