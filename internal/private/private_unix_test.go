//go:build unix

package private

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// nobody is another user, to whom root can give files.
const nobody = 65534

// giveAway gives a path to another user, which takes root.
func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of another user")
	}
	must(t, os.Lchown(path, nobody, nobody))
}

func perm(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	return info.Mode().Perm()
}

func TestOnlyAPrivateFileIsOpened(t *testing.T) {
	const precious = "precious"
	for name, test := range map[string]struct {
		make func(t *testing.T, path, victim string)
		want string
	}{
		"a link":               {func(t *testing.T, path, victim string) { must(t, os.Symlink(victim, path)) }, "symbolic link"},
		"a link to nothing":    {func(t *testing.T, path, victim string) { must(t, os.Symlink(victim+".new", path)) }, "symbolic link"},
		"a link to itself":     {func(t *testing.T, path, _ string) { must(t, os.Symlink(path, path)) }, "symbolic link"},
		"a second name":        {func(t *testing.T, path, victim string) { must(t, os.Link(victim, path)) }, "hard link"},
		"a pipe":               {func(t *testing.T, path, _ string) { must(t, syscall.Mkfifo(path, 0o600)) }, "not a regular file"},
		"another user's":       {func(t *testing.T, path, _ string) { must(t, os.WriteFile(path, nil, 0o666)); giveAway(t, path) }, "another user"},
		"another user's, 0600": {func(t *testing.T, path, _ string) { must(t, os.WriteFile(path, nil, 0o600)); giveAway(t, path) }, "another user"},
	} {
		for _, flag := range []int{os.O_RDONLY, os.O_RDWR, os.O_RDWR | os.O_CREATE} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				path, victim := filepath.Join(dir, "file"), filepath.Join(dir, "victim")
				must(t, os.WriteFile(victim, []byte(precious), 0o600))
				test.make(t, path, victim)
				began := time.Now()
				file, err := Open(path, flag)
				if err == nil {
					_ = file.Close()
				}
				if !errors.Is(err, ErrNotPrivate) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.want) || exporter.Hint(err) == "" {
					t.Errorf("flag %x: error %v, hint %q", flag, err, exporter.Hint(err))
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
				if got, err := os.ReadFile(victim); err != nil || string(got) != precious {
					t.Errorf("the victim holds %q, %v", got, err)
				}
				if _, err := os.Lstat(victim + ".new"); err == nil {
					t.Error("a file was made through the link")
				}
			})
		}
	}
}

func TestAFileIsPrivateFromItsFirstMoment(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "file")
	file, err := Open(path, os.O_RDWR|os.O_CREATE)
	must(t, err, file.Close())
	if got := perm(t, path); got != FilePerm {
		t.Errorf("a new file has the permission %#o", got)
	}
	must(t, os.Chmod(path, 0o666))
	file, err = Open(path, os.O_RDONLY)
	must(t, err, file.Close())
	if got := perm(t, path); got != 0o666 {
		t.Errorf("a look has changed the permission to %#o", got)
	}
	file, err = Open(path, os.O_RDWR)
	must(t, err, file.Close())
	if got := perm(t, path); got != FilePerm {
		t.Errorf("an open file has the permission %#o", got)
	}
}

func TestAFolderIsClosedToOthersOrRefused(t *testing.T) {
	ours := func(name string) bool { return name == "ours" }
	for name, test := range map[string]struct {
		make func(t *testing.T, dir string)
		want os.FileMode // 0 is a refusal
	}{
		"new":                       {func(*testing.T, string) {}, 0o700},
		"open to all":               {func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)) }, 0o700},
		"open to readers":           {func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o700), os.Chmod(dir, 0o755)) }, 0o700},
		"narrow":                    {func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o500)) }, 0o500},
		"with our files":            {func(t *testing.T, dir string) { with(t, dir, 0o777, "ours") }, 0o700},
		"with other files":          {func(t *testing.T, dir string) { with(t, dir, 0o755, "theirs") }, 0o755},
		"with other files, open":    {func(t *testing.T, dir string) { with(t, dir, 0o775, "theirs") }, 0},
		"for all, as /tmp is":       {func(t *testing.T, dir string) { with(t, dir, 0o777|os.ModeSticky) }, 0},
		"a link":                    {func(t *testing.T, dir string) { must(t, os.Symlink(t.TempDir(), dir)) }, 0},
		"a file":                    {func(t *testing.T, dir string) { must(t, os.WriteFile(dir, nil, 0o600)) }, 0},
		"another user's":            {func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o700)); giveAway(t, dir) }, 0},
		"another user's, open":      {func(t *testing.T, dir string) { with(t, dir, 0o777); giveAway(t, dir) }, 0},
		"another user's, a link":    {func(t *testing.T, dir string) { must(t, os.Symlink(t.TempDir(), dir)); giveAway(t, dir) }, 0},
		"another user's, of theirs": {func(t *testing.T, dir string) { with(t, dir, 0o755, "theirs"); giveAway(t, dir) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "folder")
			test.make(t, dir)
			err := Folder(dir, ours)
			if test.want == 0 {
				if err == nil || !strings.Contains(err.Error(), dir) {
					t.Errorf("error %v", err)
				}
				return
			}
			if got := perm(t, dir); err != nil || got != test.want {
				t.Errorf("permission %#o, error %v; want %#o", got, err, test.want)
			}
		})
	}
}

func with(t *testing.T, dir string, mode os.FileMode, names ...string) {
	t.Helper()
	must(t, os.Mkdir(dir, 0o700))
	for _, name := range names {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	must(t, os.Chmod(dir, mode))
}

// Who can write to a folder above can put another folder in the place of a private one.
func TestAFolderIsCheckedToTheRoot(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, top, dir string) string // the folder to check
		want string                                     // in the error; "" is none
	}{
		"private below /tmp":  {func(_ *testing.T, _, dir string) string { return dir }, ""},
		"open":                {func(t *testing.T, _, dir string) string { must(t, os.Chmod(dir, 0o750)); return dir }, "0750"},
		"others pass through": {func(t *testing.T, _, dir string) string { must(t, os.Chmod(dir, 0o711)); return dir }, "0711"},
		"not there":           {func(_ *testing.T, _, dir string) string { return dir + "x" }, "no such file"},
		"below an open one":   {func(t *testing.T, top, dir string) string { must(t, os.Chmod(top, 0o777)); return dir }, "lets other users write"},
		"below a group's":     {func(t *testing.T, top, dir string) string { must(t, os.Chmod(top, 0o770)); return dir }, "lets other users write"},
		"below a sticky one":  {func(t *testing.T, top, dir string) string { must(t, os.Chmod(top, 0o777|os.ModeSticky)); return dir }, ""},
		"below another user's": {func(t *testing.T, top, dir string) string {
			must(t, os.Chmod(top, 0o755))
			giveAway(t, top)
			return dir
		}, "another user"},
		"another user's": {func(t *testing.T, _, dir string) string { giveAway(t, dir); return dir }, "another user"},
		"a link": {func(t *testing.T, top, dir string) string {
			must(t, os.Symlink(dir, top+"/link"))
			return top + "/link"
		}, "symbolic link"},
		"through a link to an open one": {func(t *testing.T, top, dir string) string {
			must(t, os.Chmod(top, 0o777))
			link := filepath.Join(t.TempDir(), "link")
			must(t, os.Symlink(top, link))
			return filepath.Join(link, filepath.Base(dir))
		}, "lets other users write"},
		"a link with a slash": {func(t *testing.T, top, dir string) string {
			must(t, os.Symlink(dir, top+"/link"))
			return top + "/link/"
		}, "symbolic link"},
		"below a link": {func(t *testing.T, top, dir string) string {
			must(t, os.Symlink(top, top+".link"))
			return filepath.Join(top+".link", filepath.Base(dir))
		}, ""},
		"an open one in a closed one": {func(t *testing.T, top, dir string) string {
			middle := filepath.Join(top, "middle")
			must(t, os.Mkdir(middle, 0o700), os.Chmod(middle, 0o777), os.Rename(dir, middle+"/dir"))
			return middle + "/dir"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			base, err := os.MkdirTemp("/tmp", "private") //nolint:usetesting // its folders are closed to others
			must(t, err, os.Chmod(base, 0o755))
			t.Cleanup(func() { _ = os.RemoveAll(base) })
			top := filepath.Join(base, "top")
			dir := filepath.Join(top, "dir")
			must(t, os.Mkdir(top, 0o700), os.Mkdir(dir, 0o700))
			asked := test.make(t, top, dir)
			path, err := CheckFolder(asked)
			if whole, _ := filepath.EvalSymlinks(asked); err == nil && path != whole {
				t.Errorf("%s was looked at for %s", path, asked)
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestTheFinalPermissionIsThatOfTheOldFileIfItIsOurs(t *testing.T) {
	for name, test := range map[string]struct {
		old        func(t *testing.T, path string)
		asks, want os.FileMode
	}{
		"new":                         {func(*testing.T, string) {}, 0, 0o600},
		"new, as configured":          {func(*testing.T, string) {}, 0o664, 0o664},
		"kept":                        {func(t *testing.T, path string) { file(t, path, 0o644) }, 0, 0o644},
		"kept, narrow":                {func(t *testing.T, path string) { file(t, path, 0o400) }, 0, 0o400},
		"configured":                  {func(t *testing.T, path string) { file(t, path, 0o644) }, 0o640, 0o640},
		"another user's":              {func(t *testing.T, path string) { file(t, path, 0o666); giveAway(t, path) }, 0, 0o600},
		"another user's, as wanted":   {func(t *testing.T, path string) { file(t, path, 0o666); giveAway(t, path) }, 0o644, 0o644},
		"of another group, kept":      {func(t *testing.T, path string) { file(t, path, 0o640); group(t, path) }, 0, 0o640},
		"of another group, not asked": {func(t *testing.T, path string) { file(t, path, 0o604); group(t, path) }, 0, 0o604},
	} {
		t.Run(name, func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "file")
			test.old(t, target)
			made, err := Open(target+".new", os.O_WRONLY|os.O_CREATE|os.O_EXCL)
			must(t, err, Settle(made, target, test.asks))
			info, err := made.Stat()
			must(t, err, made.Close())
			if got := info.Mode().Perm(); got != test.want {
				t.Errorf("permission %#o, want %#o", got, test.want)
			}
			if old, err := os.Stat(target); err == nil && Owned(old) && test.want&0o070 != 0 && test.asks == 0 &&
				old.Sys().(*syscall.Stat_t).Gid != info.Sys().(*syscall.Stat_t).Gid {
				t.Error("the permission of one group became that of another")
			}
		})
	}
}

func file(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	must(t, os.WriteFile(path, nil, 0o600), os.Chmod(path, mode))
}

func group(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to any group")
	}
	must(t, os.Chown(path, -1, nobody))
}
