//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// shared is a folder that every user can write to, as /tmp.
func shared(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shared")
	if err := errors.Join(os.Mkdir(dir, 0o777), os.Chmod(dir, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Who can write to the destination must not choose a file that a run overwrites.
func TestALockFileOfOthersIsRefused(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path, victim string){
		"a second name of a file": func(t *testing.T, path, victim string) {
			if err := os.Link(victim, path); err != nil {
				t.Fatal(err)
			}
		},
		"another user's": func(t *testing.T, path, _ string) {
			if os.Geteuid() != 0 {
				link(t, "/etc/passwd", path) // as near as a user can come
				return
			}
			writeFile(t, path, "")
			chmod(t, path, 0o666)
			giveAway(t, path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := shared(t)
			victim := filepath.Join(t.TempDir(), "victim")
			writeFile(t, victim, "precious")
			path := filepath.Join(dir, lockName)
			put(t, path, victim)
			_, err := NewFolder(dir).Lock(t.Context(), "run")
			if err == nil || !strings.Contains(err.Error(), path) || exporter.Hint(err) == "" {
				t.Errorf("error %v, hint %q", err, exporter.Hint(err))
			}
			if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
				t.Errorf("the victim holds %q, %v", got, err)
			}
		})
	}
}

func TestALinkThatAnotherUserMadeIsNotFollowed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make links of another user")
	}
	dir, elsewhere := shared(t), t.TempDir()
	victim, path := filepath.Join(elsewhere, "victim"), filepath.Join(dir, dataName)
	writeFile(t, victim, "precious")
	link(t, victim, path)
	put(t, NewFolder(dir), "new") // its own link
	writeFile(t, victim, "precious")
	if err := os.Lchown(path, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFolder(dir).Create(t.Context(), dataName, ""); err == nil || !strings.Contains(err.Error(), "another user") || exporter.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, exporter.Hint(err))
	}
	// In a folder of the user who made the link, it is where that user wants the file.
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	put(t, NewFolder(dir), "new")
	if got, err := os.ReadFile(victim); err != nil || string(got) != "new" {
		t.Errorf("the link's target holds %q, %v", got, err)
	}
}

// A file that another user has put in the place of an export says nothing about who may
// read the next one.
func TestTheModeOfAFileOfAnotherUserIsNotKept(t *testing.T) {
	dir := shared(t)
	put(t, NewFolder(dir), "old")
	path := filepath.Join(dir, dataName)
	chmod(t, path, 0o666)
	giveAway(t, path)
	put(t, NewFolder(dir), "new")
	want := os.FileMode(0o600)
	if os.Geteuid() != 0 {
		want = 0o666 // it is this user's
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("the new file has %v, want %v, %v", info.Mode(), want, err)
	}
}

// In a folder that others can write to, they can rename the temporary file and put one
// of theirs in its place.
func TestAFileInThePlaceOfTheNewVersionIsNotCommitted(t *testing.T) {
	dir := shared(t)
	put(t, NewFolder(dir), "old")
	upload := begin(t, NewFolder(dir), "new").(*upload)
	name := upload.file.Name()
	if err := os.Rename(name, name+".away"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, name, "false")
	if err := upload.Commit(t.Context()); !errors.Is(err, errReplaced) {
		t.Errorf("Commit gave %v", err)
	}
	if got := read(t, NewFolder(dir)); got != "old" {
		t.Errorf("a reader sees %q", got)
	}
}

func TestAJournalOfOthersIsNotUsed(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path, victim string){
		"a link": func(t *testing.T, path, victim string) { link(t, victim, path) },
		"a second name": func(t *testing.T, path, victim string) {
			if err := os.Link(victim, path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, ending := range []string{journalEnding, journalEnding + lockEnding} {
			t.Run(name+" at "+ending, func(t *testing.T) {
				dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
				writeFile(t, victim, "precious")
				put(t, filepath.Join(dir, "walk"+ending), victim)
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
