//go:build !no_gcs

package gcs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissingCredentialsNameWhatWasTried(t *testing.T) {
	home := t.TempDir()
	set := map[string]string{"HOME": home, "APPDATA": home}
	env := func(name string) string { return set[name] }
	cause := errors.New("none")
	if err := tried(cause, env); !errors.Is(err, cause) || !strings.Contains(err.Error(), "GOOGLE_APPLICATION_CREDENTIALS is not set, there is no file "+home) {
		t.Error(err)
	}
	set["GOOGLE_APPLICATION_CREDENTIALS"] = "key.json"
	if err := tried(cause, env); !errors.Is(err, cause) || err.Error() != cause.Error() {
		t.Errorf("a file is set, and the error says something else: %v", err)
	}
	delete(set, "GOOGLE_APPLICATION_CREDENTIALS")
	if err := os.MkdirAll(filepath.Dir(gcloudFile(env)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gcloudFile(env), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tried(cause, env); !errors.Is(err, cause) || err.Error() != cause.Error() {
		t.Errorf("gcloud has a file, and the error says something else: %v", err)
	}
}
