//go:build !no_s3

package s3

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// at is the destination at a URL.
func at(t *testing.T, location string) exporter.Destination {
	t.Helper()
	url, err := exporter.ParseObjectURL(location)
	if err != nil {
		t.Fatal(err)
	}
	return bucket.New(url, Driver(), bucket.Options{Scratch: scratch.New(t.TempDir()), Attempts: 2, MaxDelay: time.Millisecond, PartSize: 5 << 20})
}

// served is the destination at a server with this handler.
func served(t *testing.T, handler http.HandlerFunc) exporter.Destination {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hunter2hunter2", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return at(t, "s3://lake/x?use_path_style=true&endpoint="+server.URL)
}

func TestAServerThatIgnoresConditionsIsRefused(t *testing.T) {
	deleted := ""
	to := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			deleted = r.URL.Path
			w.WriteHeader(http.StatusNoContent)
		}
	})
	if _, err := to.Lock(t.Context(), "run"); err == nil || !strings.Contains(err.Error(), "conditions") || exporter.Hint(err) == "" {
		t.Errorf("Lock gave %v", err)
	}
	if !strings.HasPrefix(deleted, "/lake/x/.write.probe.") {
		t.Errorf("the probe was not removed: %q", deleted)
	}
}

func TestAnErrorOfTheServerHasAHint(t *testing.T) {
	for code, want := range map[string]string{
		"403 AccessDenied": "credentials", "404 NoSuchBucket": "does not exist", "301 PermanentRedirect": "region",
		"503 SlowDown": "later", "501 NotImplemented": "settings",
	} {
		t.Run(code, func(t *testing.T) {
			status, name, _ := strings.Cut(code, " ")
			to := served(t, func(w http.ResponseWriter, _ *http.Request) {
				number := 0
				_, _ = fmt.Sscan(status, &number)
				w.WriteHeader(number)
				_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", name)
			})
			_, err := to.Lock(t.Context(), "run")
			if err == nil || !strings.Contains(exporter.Hint(err), want) {
				t.Errorf("Lock gave %v, hint %q", err, exporter.Hint(err))
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Error("the error holds a secret")
			}
		})
	}
}

// The client sends checksums: in a header, or with TLS in a trailer. Lock notices a server
// that accepts neither, and names the setting that helps.
func TestLockNoticesAServerThatRefusesChecksums(t *testing.T) {
	for name, server := range map[string]struct {
		start   func(http.Handler) *httptest.Server
		status  int
		accepts func(http.Header) bool
	}{
		"no header of a checksum": {httptest.NewServer, http.StatusBadRequest, func(h http.Header) bool { return h.Get("X-Amz-Checksum-Crc32") == "" }},
		"no trailer":              {httptest.NewTLSServer, http.StatusNotImplemented, func(h http.Header) bool { return h.Get("X-Amz-Trailer") == "" }},
		"no signature over it":    {httptest.NewTLSServer, http.StatusForbidden, func(h http.Header) bool { return !strings.Contains(h.Get("Content-Encoding"), "aws-chunked") }},
	} {
		t.Run(name, func(t *testing.T) {
			served(t, nil) // for the environment
			written := 0
			listening := server.start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				switch {
				case r.Method != http.MethodPut:
					w.WriteHeader(http.StatusForbidden)
				case !server.accepts(r.Header):
					w.WriteHeader(server.status)
				case r.Header.Get("If-Match") != "":
					w.WriteHeader(http.StatusPreconditionFailed)
				default:
					written++
				}
			}))
			t.Cleanup(listening.Close)
			if certificate := listening.Certificate(); certificate != nil {
				bundle := filepath.Join(t.TempDir(), "ca.pem")
				if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("AWS_CA_BUNDLE", bundle)
			}
			location := "s3://lake/x?use_path_style=true&endpoint=" + listening.URL
			_, err := at(t, location).Lock(t.Context(), "run")
			const hint = "Add request_checksum_calculation=when_required to the settings in the destination's URL, after the ? or a &."
			if err == nil || !strings.HasPrefix(err.Error(), "s3://lake/x: the server does not accept the checksums that the S3 client sends: ") || exporter.Hint(err) != hint {
				t.Errorf("Lock gave %v, hint %q", err, exporter.Hint(err))
			}
			if _, err := at(t, location+"&request_checksum_calculation=when_required").Lock(t.Context(), "run"); err != nil || written > 0 {
				t.Errorf("with the setting Lock gave %v, and %d objects were written", err, written)
			}
		})
	}
}

// Old uploads in parts of data files are removed; recent ones and those of other files stay.
func TestThePartsOfKilledRunsAreRemoved(t *testing.T) {
	var removed []string
	to := served(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("uploads"):
			list := "<ListMultipartUploadsResult>"
			for id, one := range map[string]struct {
				key string
				age time.Duration
			}{
				"old": {"x/inbox_conversations.parquet", 25 * time.Hour}, "young": {"x/inbox_conversations.parquet", 23 * time.Hour},
				"part": {"x/inbox_conversations/0190c0de.parquet", 50 * time.Hour}, "other": {"x/backup.tar", 50 * time.Hour},
			} {
				list += fmt.Sprintf("<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>",
					one.key, id, time.Now().Add(-one.age).UTC().Format(time.RFC3339))
			}
			_, _ = io.WriteString(w, list+"</ListMultipartUploadsResult>")
		case r.Method == http.MethodDelete:
			removed = append(removed, r.URL.Query().Get("uploadId"))
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusPreconditionFailed)
		}
	})
	if _, err := to.Lock(t.Context(), "run"); err != nil {
		t.Fatal(err)
	}
	if len(removed) != 2 || strings.Contains(strings.Join(removed, " "), "young") || strings.Contains(strings.Join(removed, " "), "other") {
		t.Errorf("removed %q", removed)
	}
}
