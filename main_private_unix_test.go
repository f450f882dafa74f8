//go:build unix

package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// carelessly runs the program as a user does whose umask is 0, in a folder with room for
// temporary files and caches below it.
func carelessly(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.CommandContext(t.Context(), "sh", append([]string{"-c", `umask 0; exec lemexport "$@"`, "sh"}, args...)...)}
	p.Dir, p.Stdout, p.Stderr = dir, &p.out, &p.err
	for _, name := range []string{"tmp", "cache"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.Env = append(os.Environ(), "TMPDIR="+filepath.Join(dir, "tmp"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// openToOthers are the files and folders that let others in, and how many there are.
func openToOthers(t *testing.T, dir string) (open []string, seen int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || path == dir {
			return nil // it has just gone
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			open = append(open, strings.TrimPrefix(path, dir)+" "+info.Mode().String())
		}
		seen++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return open, seen
}

// Every file and folder that a run creates is closed to other users, whatever the umask
// is: while it runs, after it was killed, and in the finished export.
func TestEverythingThatARunMakesIsPrivate(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 250, beforeTheWalk+2)
	dir := configFor(t, api.url)
	p := carelessly(t, dir, "apply", "-auto-approve")
	<-api.held
	open, seen := openToOthers(t, dir)
	if len(open) > 0 || seen < 8 { // configuration, ledger, journal with its lock, folders
		t.Errorf("while it runs, of %d these are open to others: %q", seen, open)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.status(t)
	if open, _ := openToOthers(t, dir); len(open) > 0 {
		t.Errorf("when it was killed: %q", open)
	}

	good := newStoppingAPI(t, 40, always)
	dir = configFor(t, good.url)
	config := filepath.Join(dir, "main.hcl")
	body, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"snapshot", "merge", "append"} {
		body := strings.Replace(string(body), `"out"`, `"lake/`+mode+`/team"`+"\n  mode = \""+mode+`"`, 1)
		if err := os.WriteFile(config, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if p := carelessly(t, dir, "apply", "-auto-approve"); p.status(t) != 0 {
				t.Fatalf("%s: %s", mode, &p.err)
			}
		}
		if p := carelessly(t, dir, "report", "-force", "lake/"+mode+"/team"); p.status(t) != 0 {
			t.Fatalf("%s: %s", mode, &p.err)
		}
		if open, seen := openToOthers(t, dir); len(open) > 0 || seen < 6 {
			t.Errorf("after a %s, of %d these are open to others: %q", mode, seen, open)
		}
	}
}

// file_mode sets the permission of an export; without it a file keeps the one it has.
func TestFileModeOpensAnExport(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 40, always)
	dir := configFor(t, api.url)
	config, file := filepath.Join(dir, "main.hcl"), filepath.Join(dir, "out", "inbox_conversations.parquet")
	private, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	shared := bytes.Replace(private, []byte(`"out"`), []byte("\"out\"\n  file_mode = \"0640\""), 1)
	for _, step := range []struct {
		name   string
		config []byte
		before os.FileMode // what somebody gives the file
		want   os.FileMode
	}{
		{"new", private, 0, 0o600},
		{"configured", shared, 0, 0o640},
		{"no longer configured", private, 0, 0o640},
		{"closed by hand", private, 0o600, 0o600},
		{"configured again", shared, 0o666, 0o640},
	} {
		if err := os.WriteFile(config, step.config, 0o600); err != nil {
			t.Fatal(err)
		}
		if step.before != 0 {
			if err := os.Chmod(file, step.before); err != nil {
				t.Fatal(err)
			}
		}
		p := carelessly(t, dir, "apply", "-auto-approve")
		if p.status(t) != 0 {
			t.Fatalf("%s: %s", step.name, &p.err)
		}
		if planned := strings.Contains(p.err.String(), "with the permission 0640"); planned != bytes.Contains(step.config, []byte("0640")) {
			t.Errorf("%s: the plan is %s", step.name, &p.err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != step.want {
			t.Errorf("%s: the file has %v, want %v; %v", step.name, info.Mode(), step.want, err)
		}
	}
}

// A run closes a work folder that is open to others. It keeps no journal in a folder of
// another user or behind a link, says so, and goes on.
func TestAWorkFolderIsPrivateOrNotUsed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(work string) error
		want string // in what the run says; "" is nothing
	}{
		"open to all": {func(work string) error { return errors.Join(os.Mkdir(work, 0o700), os.Chmod(work, 0o777)) }, ""},
		"a link":      {func(work string) error { return errors.Join(os.Mkdir(work+".x", 0o700), os.Symlink(work+".x", work)) }, "symbolic link"},
		"of another user": {func(work string) error {
			if os.Geteuid() != 0 {
				return os.Symlink("/", work) // only root can give a folder away
			}
			return errors.Join(os.Mkdir(work, 0o777), os.Chown(work, 65534, 65534))
		}, "is not private"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newStoppingAPI(t, 250, beforeTheWalk+2)
			dir := configFor(t, api.url)
			work := filepath.Join(dir, ".lemexport")
			if err := test.make(work); err != nil {
				t.Fatal(err)
			}
			p := carelessly(t, dir, "apply", "-auto-approve")
			<-api.held
			info, err := os.Lstat(work)
			if err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(work)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" && (info.Mode().Perm() != 0o700 || len(entries) == 0) {
				t.Errorf("the work folder is %v and holds %v", info.Mode(), entries)
			}
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if got := p.status(t); got != 130 {
				t.Errorf("it ended with %d: %s", got, &p.err)
			}
			said := p.err.String()
			if strings.Contains(said, "starts over: .lemexport is not private") != (test.want != "") || !strings.Contains(said, test.want) {
				t.Errorf("it said %s", said)
			}
			if strings.HasSuffix(name, "user") {
				return
			}
			if left, err := os.ReadDir(work); err == nil && test.want != "" && len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// A ledger that is a link does not block a run, and its target stays as it is.
func TestALedgerThatIsALinkDoesNotBlockARun(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 900, always)
	dir := configFor(t, api.url)
	if p := carelessly(t, dir, "plan"); p.status(t) != 0 {
		t.Fatal(&p.err)
	}
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "cache", "lemexport", "rate-*.ledger"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := errors.Join(os.Remove(found[0]), os.Symlink(victim, found[0])); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p := carelessly(t, dir, "plan")
	if got := p.status(t); got != 0 || time.Since(began) > 30*time.Second {
		t.Errorf("it ended with %d after %v: %s", got, time.Since(began), &p.err)
	}
	if said := p.err.String(); !strings.Contains(said, "The rate limit is not shared") || !strings.Contains(said, found[0]+" is not private: it is a symbolic link") {
		t.Errorf("it said %s", said)
	}
	if body, err := os.ReadFile(victim); err != nil || string(body) != "precious" {
		t.Errorf("the victim holds %q, %v", body, err)
	}
}
