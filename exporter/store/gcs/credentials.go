//go:build !no_gcs

package gcs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// tried adds to an error of the Application Default Credentials what was looked for, where
// nothing was there.
func tried(err error, env func(string) string) error {
	file := gcloudFile(env)
	if _, missing := os.Stat(file); env("GOOGLE_APPLICATION_CREDENTIALS") != "" || !errors.Is(missing, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("no Application Default Credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, there is no file %s, "+
		"and this machine has no service account: %w", file, err)
}

// gcloudFile is where gcloud keeps the Application Default Credentials.
func gcloudFile(env func(string) string) string {
	const name = "application_default_credentials.json"
	if runtime.GOOS == "windows" {
		return filepath.Join(env("APPDATA"), "gcloud", name)
	}
	return filepath.Join(env("HOME"), ".config", "gcloud", name)
}
