package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

func TestLocations(t *testing.T) {
	for location, want := range map[string]string{
		"out":                       "out/x",
		"./out/":                    "out/x",
		"/data/out":                 "/data/out/x",
		"./it's: a //folder":        "it's: a /folder/x",
		"./s3://out":                "s3:/out/x",
		"./s3:/out":                 "s3:/out/x",
		"out/s3:":                   "out/s3:/x",
		"out:x":                     "out:x/x",
		"file:///data/my%20out":     "/data/my out/x",
		"file:///data/100%25%3F":    "/data/100%?/x",
		"FILE:///data/out":          "/data/out/x",
		"file://localhost/data/out": "/data/out/x",
		"file:///":                  "/x",
		".":                         "x",
	} {
		to, err := Open(location)
		if err != nil {
			t.Errorf("Open(%q): %v", location, err)
			continue
		}
		if got := to.URL("x"); got != want {
			t.Errorf("Open(%q) is at %q, want %q", location, got, want)
		}
	}
}

func TestInvalidLocationsAreRefused(t *testing.T) {
	for _, location := range []string{
		"s3://", "GS://me@bucket", "azblob://c?sv=1", "s3://bucket/a?regoin=x", "s3://bucket/a//b", "gs://bucket/../x", "ftp://x", "file://host/x", "file://./out", "file:/x", "file:x", "file://",
		"s3:/x", "s3:x", "S3:/x", "gs:/x", "azblob:/x", "azblob:x", "https:/x", `s3:\x`, "s3:",
		"file:///x?y=1", "file:///x?", "file:///x#y", "file:///100%/x", "file://me@/x",
	} {
		if _, err := Open(location); !errors.Is(err, ErrUnsupported) || exporter.Hint(err) == "" {
			t.Errorf("Open(%q) gave %v, hint %q", location, err, exporter.Hint(err))
		}
	}
	for _, location := range []string{
		"file://me:hunter2@host/x", "file://host/x?sig=hunter2", "file://me:hunter2@/%zz", "file://me:hunter2@h/a%zz?b", "s3://me:hunter2@b/x", "s3://b/x?secret=hunter2",
		"lake/x?sv=1&sig=hunter2", "AccountName=a;AccountKey=hunter2",
	} {
		if _, err := Open(location); !errors.Is(err, ErrUnsupported) || strings.Contains(err.Error()+exporter.Hint(err), "hunter2") {
			t.Errorf("Open(%q) gave %v, hint %q", location, err, exporter.Hint(err))
		}
	}
	if _, err := Open(""); err == nil || exporter.Hint(err) == "" {
		t.Errorf("an empty location gave %v", err)
	}
}

// A plan looks up files in a folder that does not exist, and does not make it.
func TestALookUpMakesNothing(t *testing.T) {
	parent := t.TempDir()
	to, err := Open(filepath.Join(parent, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Open(t.Context(), "table.parquet"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open gave %v", err)
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) > 0 {
		t.Errorf("there is %v now (%v)", entries, err)
	}
}
