//go:build !no_s3 && !no_gcs && !no_azure

package store

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// brokenScratch makes files that are as long as what was written to them, and cannot be
// read to the end.
type brokenScratch struct{ err error }

// File implements exporter.Scratch.
func (b brokenScratch) File() (exporter.ScratchFile, error) { return brokenFile(b), nil }

// Room implements exporter.Scratch.
func (brokenScratch) Room(int64) error { return nil }

type brokenFile struct{ err error }

// Write implements io.Writer.
func (brokenFile) Write(p []byte) (int, error) { return len(p), nil }

// Close implements io.Closer.
func (brokenFile) Close() error { return nil }

// ReadAt implements io.ReaderAt.
func (b brokenFile) ReadAt(p []byte, offset int64) (int, error) {
	const intact = 6 << 20
	if offset >= intact {
		return 0, b.err
	}
	n := min(len(p), int(intact-offset))
	clear(p[:n])
	if n < len(p) {
		return n, b.err
	}
	return n, nil
}

// A commit of a local file that cannot be read, or that is shorter than it was, fails, and the
// request that would make the object visible is not completed.
func TestALocalFileThatBreaksCommitsNothing(t *testing.T) {
	for scheme, query := range map[string]string{"s3": "use_path_style=true&endpoint=http://%s", "gs": "endpoint=http://%s", "azblob": "protocol=http&domain=%s"} {
		for name, broken := range map[string]error{"broken": errors.New("broken disk"), "shorter": io.EOF} {
			for parts, size := range map[string]int64{"one request": 64 << 20, "parts": 5 << 20} {
				t.Run(fmt.Sprint(scheme, ", ", name, ", ", parts), func(t *testing.T) {
					credentials(t)
					googleCredentials(t)
					var visible atomic.Int64
					var at string
					server := listen(t, func(w http.ResponseWriter, r *http.Request) {
						_, err := io.Copy(io.Discard, r.Body)
						query := r.URL.Query()
						switch {
						case r.Method == http.MethodHead || r.Method == http.MethodGet:
							w.WriteHeader(http.StatusNotFound)
						case query.Get("uploadType") == "resumable":
							w.Header().Set("Location", "http://"+at+"/session?upload_id=1")
						case r.URL.Path == "/session" && !strings.Contains(r.Header.Get("Content-Range"), "7340031/"):
							w.Header().Set("Range", "bytes=0-5242879")
							w.WriteHeader(http.StatusPermanentRedirect)
						case query.Has("uploads"):
							_, _ = io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
						case r.Method == http.MethodDelete:
							w.WriteHeader(http.StatusNoContent)
						case query.Has("partNumber") || query.Get("comp") == "block":
							w.Header().Set("ETag", `"1"`)
							w.WriteHeader(http.StatusCreated)
						case err == nil:
							visible.Add(1)
							w.WriteHeader(http.StatusCreated)
						}
					})
					at = server.Listener.Addr().String()
					to, err := Options{Scratch: brokenScratch{broken}, Attempts: 2, MaxDelay: time.Millisecond, PartSize: size}.Open(scheme + "://lake/x?" + fmt.Sprintf(query, at))
					if err != nil {
						t.Fatal(err)
					}
					upload, err := to.Create(t.Context(), "table.parquet", "")
					if err != nil {
						t.Fatal(err)
					}
					if _, err := upload.Write(make([]byte, 7<<20)); err != nil {
						t.Fatal(err)
					}
					if err := upload.Commit(t.Context()); err == nil {
						t.Error("the commit succeeded")
					}
					if visible.Load() > 0 {
						t.Errorf("%d requests made an object visible", visible.Load())
					}
				})
			}
		}
	}
}
