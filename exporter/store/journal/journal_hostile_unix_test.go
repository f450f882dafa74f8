//go:build unix

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

func TestAJournalThatLeadsToAnotherFileIsNotUsed(t *testing.T) {
	for kind, link := range map[string]func(victim, path string) error{"a symbolic link": os.Symlink, "a hard link": os.Link} {
		for _, suffix := range []string{journalSuffix, journalSuffix + lockSuffix} {
			t.Run(kind+" at "+suffix, func(t *testing.T) {
				dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
				if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), link(victim, filepath.Join(dir, "walk"+suffix))); err != nil {
					t.Fatal(err)
				}
				if _, err := NewWorkspace(dir).Journal("walk", true); !errors.Is(err, private.ErrNotPrivate) || exporter.Hint(err) == "" {
					t.Errorf("Journal gave %v", err)
				}
				if _, err := NewWorkspace(dir).Look("walk"); err == nil {
					t.Error("Look gave a journal")
				}
				if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
					t.Errorf("the victim holds %q, %v", got, err)
				}
			})
		}
	}
}
