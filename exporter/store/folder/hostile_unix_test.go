//go:build unix

package folder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// shared is a folder that every user can write to, like /tmp.
func shared(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shared")
	if err := errors.Join(os.Mkdir(dir, 0o777), os.Chmod(dir, 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A user who can write to the destination must not choose a file that a run overwrites.
func TestALockFileOfAnotherUserIsRefused(t *testing.T) {
	for name, put := range map[string]func(t *testing.T, path, victim string){
		"a hard link": func(t *testing.T, path, victim string) {
			if err := os.Link(victim, path); err != nil {
				t.Fatal(err)
			}
		},
		"another user's": func(t *testing.T, path, _ string) {
			if os.Geteuid() != 0 {
				link(t, "/etc/passwd", path) // the closest case without root
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
			_, err := New(dir).Lock(t.Context(), "run")
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
	put(t, New(dir), "new") // its own link
	writeFile(t, victim, "precious")
	if err := os.Lchown(path, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir).Create(t.Context(), dataName, ""); err == nil || !strings.Contains(err.Error(), "another user") || exporter.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, exporter.Hint(err))
	}
	// In a folder of its own user, the link is followed.
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	put(t, New(dir), "new")
	if got, err := os.ReadFile(victim); err != nil || string(got) != "new" {
		t.Errorf("the link's target holds %q, %v", got, err)
	}
}

// The permission of a file that belongs to another user does not decide who may read the
// next export.
func TestTheModeOfAFileOfAnotherUserIsNotKept(t *testing.T) {
	dir := shared(t)
	put(t, New(dir), "old")
	path := filepath.Join(dir, dataName)
	chmod(t, path, 0o666)
	giveAway(t, path)
	put(t, New(dir), "new")
	want := os.FileMode(0o600)
	if os.Geteuid() != 0 {
		want = 0o666 // the file belongs to this user
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("the new file has %v, want %v, %v", info.Mode(), want, err)
	}
}

// Other users of a shared folder can rename the temporary file and put another in its place.
func TestAReplacedTemporaryFileIsNotCommitted(t *testing.T) {
	dir := shared(t)
	put(t, New(dir), "old")
	upload := begin(t, New(dir), "new").(*upload)
	name := upload.file.Name()
	if err := os.Rename(name, name+".away"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, name, "false")
	if err := upload.Commit(t.Context()); !errors.Is(err, errReplaced) {
		t.Errorf("Commit gave %v", err)
	}
	if got := read(t, New(dir)); got != "old" {
		t.Errorf("a reader sees %q", got)
	}
}
