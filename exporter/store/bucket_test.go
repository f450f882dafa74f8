package store

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
	"google.golang.org/api/googleapi"

	"github.com/lemexport/lemexport/exporter"
)

// answering is an S3 destination at a server that does what handler says.
func answering(t *testing.T, handler http.HandlerFunc) exporter.Destination {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hunter2hunter2", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	to, err := Options{TempDir: t.TempDir(), Attempts: 2, MaxDelay: time.Millisecond, PartSize: 5 << 20}.Open("s3://lake/x?use_path_style=true&endpoint=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestAServerThatIgnoresConditionsIsRefused(t *testing.T) {
	deleted := ""
	to := answering(t, func(w http.ResponseWriter, r *http.Request) {
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

func TestWhatAServerRefusesHasAHint(t *testing.T) {
	for code, want := range map[string]string{
		"403 AccessDenied": "credentials", "404 NoSuchBucket": "does not exist", "301 PermanentRedirect": "region",
		"503 SlowDown": "later", "501 NotImplemented": "settings",
	} {
		t.Run(code, func(t *testing.T) {
			status, name, _ := strings.Cut(code, " ")
			to := answering(t, func(w http.ResponseWriter, _ *http.Request) {
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

// The client sends checksums: in a header, or with TLS behind the body. Servers
// that take neither are noticed before the walk, and the setting that helps is
// named.
func TestAServerThatTakesNoChecksumsIsNoticedByTheProbe(t *testing.T) {
	for name, server := range map[string]struct {
		start  func(http.Handler) *httptest.Server
		answer int
		takes  func(http.Header) bool
	}{
		"no header of a checksum": {httptest.NewServer, http.StatusBadRequest, func(h http.Header) bool { return h.Get("X-Amz-Checksum-Crc32") == "" }},
		"no trailer":              {httptest.NewTLSServer, http.StatusNotImplemented, func(h http.Header) bool { return h.Get("X-Amz-Trailer") == "" }},
		"no signature over it":    {httptest.NewTLSServer, http.StatusForbidden, func(h http.Header) bool { return !strings.Contains(h.Get("Content-Encoding"), "aws-chunked") }},
	} {
		t.Run(name, func(t *testing.T) {
			answering(t, nil) // for the environment
			written := 0
			listening := server.start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				switch {
				case r.Method != http.MethodPut:
					w.WriteHeader(http.StatusForbidden)
				case !server.takes(r.Header):
					w.WriteHeader(server.answer)
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
			options := Options{TempDir: t.TempDir(), Attempts: 2, MaxDelay: time.Millisecond}
			to, err := options.Open(location)
			if err != nil {
				t.Fatal(err)
			}
			_, err = to.Lock(t.Context(), "run")
			const hint = "Add request_checksum_calculation=when_required to the settings in the destination's URL, after the ? or a &."
			if err == nil || !strings.HasPrefix(err.Error(), "s3://lake/x: the server does not take the checksums that the client of S3 sends: ") || exporter.Hint(err) != hint {
				t.Errorf("Lock gave %v, hint %q", err, exporter.Hint(err))
			}
			if to, err = options.Open(location + "&request_checksum_calculation=when_required"); err != nil {
				t.Fatal(err)
			}
			if _, err := to.Lock(t.Context(), "run"); err != nil || written > 0 {
				t.Errorf("with the setting Lock gave %v, and %d objects were written", err, written)
			}
		})
	}
}

// What credentials lack has a name, in every store.
func TestARightThatIsMissingIsNamed(t *testing.T) {
	for scheme, want := range map[string]rights{
		"s3": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}, "gs": {"storage.objects.get", "storage.objects.list", "storage.objects.create"},
		"azblob": {"Data Reader", "l in a SAS", "Data Contributor"},
	} {
		b := NewBucket(exporter.ObjectURL{Scheme: scheme, Bucket: "lake", Prefix: "x"}, Options{})
		denied := &googleapi.Error{Code: http.StatusForbidden}
		for part, hint := range map[string]string{
			want.read: exporter.Hint(b.explainRead(denied)), want.list: exporter.Hint(b.explainList(denied)), want.write: exporter.Hint(b.explainWrite(denied)),
		} {
			if !strings.Contains(hint, part) {
				t.Errorf("%s: the hint is %q, without %q", scheme, hint, part)
			}
		}
	}
}

// Old uploads in parts of data files are removed, young ones and those of others
// are not.
func TestPartsThatAKilledRunHasLeftAreRemoved(t *testing.T) {
	var removed []string
	to := answering(t, func(w http.ResponseWriter, r *http.Request) {
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

// brokenFile fails in the middle, as a disk does.
type brokenFile struct{ err error }

// ReadAt implements io.ReaderAt.
func (b brokenFile) ReadAt(p []byte, offset int64) (int, error) {
	if offset > 100 {
		return 0, b.err
	}
	return copy(p, strings.Repeat("x", min(len(p), 200))), nil
}

// gocloud commits what it has when the reader fails; memblob is the proof.
func TestAReaderThatFailsCommitsNothing(t *testing.T) {
	for name, err := range map[string]error{"broken": errors.New("broken disk"), "too short": io.EOF} {
		t.Run(name, func(t *testing.T) {
			bucket := memblob.OpenBucket(nil)
			defer func() { _ = bucket.Close() }()
			options := &blob.WriterOptions{ContentType: contentType}
			body := io.NewSectionReader(brokenFile{err}, 0, 1000)
			if got := send(t.Context(), bucket, "key", body, options); got == nil {
				t.Error("the upload succeeded")
			}
			if _, got := bucket.Attributes(t.Context(), "key"); gcerrors.Code(got) != gcerrors.NotFound {
				t.Errorf("a part is visible (%v)", got)
			}
		})
	}
}

func TestNoSecretIsInATextOfAClient(t *testing.T) {
	for _, text := range []string{
		`Put "https://a.blob.core.windows.net/c/k?sv=2024&sig=hunter2%3D&se=2026": EOF`, "GET https://b.s3/k?X-Amz-Signature=hunter2&x-id=GetObject",
		"https://u:hunter2@host/x", "POST http://g/upload?upload_id=hunter2&x=1", "https://h?AccountKey=hunter2",
	} {
		if got := new(sent).redact(text); strings.Contains(got, "hunter2") {
			t.Errorf("%q became %q", text, got)
		}
	}
	if err := notExist("s3://lake/x", io.EOF); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not say that there is nothing", err)
	}
}
