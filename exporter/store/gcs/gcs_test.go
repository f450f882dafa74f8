//go:build !no_gcs

package gcs

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
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
	sum     string     // the checksum of the last session
	size    int        // of the object
	got     int
	refuses bool
	forgets int // of how many parts it loses the end
}

// ServeHTTP implements http.Handler.
func (s *sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	object := map[string]any{"name": "x/table.parquet", "generation": "8", "metadata": map[string]string{"lemexportrun": "run-other"}}
	switch r.URL.Path {
	case "/upload/storage/v1/b/lake/o":
		var about struct{ CRC32C string }
		if err := json.NewDecoder(r.Body).Decode(&about); err != nil {
			s.t.Error(err)
		}
		s.params, s.sum, s.got = r.URL.Query(), about.CRC32C, 0
		w.Header().Set("Location", s.url+"/session?upload_id=1")
		return
	case "/session":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		var from, to, size int
		if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &size); err != nil || to-from+1 != len(body) || from > s.got || size != s.size {
			s.t.Errorf("%d bytes with Content-Range %q after %d bytes", len(body), r.Header.Get("Content-Range"), s.got)
		}
		s.got = to + 1
		if s.forgets > 0 && s.got < s.size { // it keeps less than it was sent
			s.forgets--
			s.got -= 256 << 10
		}
		if s.got < s.size {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", s.got-1))
			w.WriteHeader(http.StatusPermanentRedirect)
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

// A large upload has one condition and one checksum for all of its parts. The server may keep
// less of a part than it was sent, and may refuse the upload at the end.
func TestALargeUploadIsConditional(t *testing.T) {
	const size = 33<<20 + 17
	for over, want := range map[exporter.Version]string{"": "0", "1700000000000007": "1700000000000007"} {
		for _, refuses := range []bool{false, true} {
			s := &sessions{t: t, size: size, refuses: refuses, forgets: 1}
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
			sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(make([]byte, size), crc32.MakeTable(crc32.Castagnoli)))
			if s.sum != base64.StdEncoding.EncodeToString(sum) {
				t.Errorf("the session has the checksum %q", s.sum)
			}
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
