//go:build unix

package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// platformChild plays the roles that exist on Unix only.
func platformChild(ctx context.Context, role, dir string) error {
	switch role {
	case "limited": // may not write files as large as content
		limit := syscall.Rlimit{Cur: 300 << 10, Max: 300 << 10}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		return replace(ctx, New(dir), 1, os.Stdout)
	case "unprivileged": // cannot overrule permissions
		at, err := dropPrivilege(dir)
		if err != nil {
			return err
		}
		return replace(ctx, New(at), 1, os.Stdout)
	case "asking": // the same user, who writes nothing
		at, err := dropPrivilege(dir)
		if err != nil {
			return err
		}
		return New(at).CheckWritable()
	case "watcher":
		return watch(dir, os.Stdin, os.Stdout)
	case "careless":
		syscall.Umask(0)
		return replace(ctx, New(dir), 1, os.Stdout)
	case "group": // lets the group read, although the umask is that of a plugin
		syscall.Umask(0o077)
		folder := New(dir)
		folder.SetFileMode(0o640)
		return replace(ctx, folder, 1, os.Stdout)
	}
	return fmt.Errorf("unknown role %s", role)
}

// giveAway gives a file to nobody when the test runs as root.
func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() == 0 {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
}

// nobody is the user that dropPrivilege changes to.
const nobody = 65534

// dropPrivilege changes from root to nobody, who may not be able to enter the folders above
// dir: the returned path is relative to the parent of dir, the new working folder.
func dropPrivilege(dir string) (relative string, err error) {
	if os.Geteuid() != 0 {
		return dir, nil
	}
	if err := os.Chdir(filepath.Dir(dir)); err != nil {
		return "", err
	}
	return filepath.Base(dir), errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}
