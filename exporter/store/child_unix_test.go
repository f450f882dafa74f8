//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// platformChild plays the roles that only Unix has.
func platformChild(ctx context.Context, role, dir string) error {
	switch role {
	case "limited": // may not write files of the size of content
		limit := syscall.Rlimit{Cur: 300 << 10, Max: 300 << 10}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		return replace(ctx, NewFolder(dir), 1, os.Stdout)
	case "unprivileged": // cannot overrule permissions
		at, err := dropPrivilege(dir)
		if err != nil {
			return err
		}
		return replace(ctx, NewFolder(at), 1, os.Stdout)
	case "watcher":
		return watch(dir, os.Stdin, os.Stdout)
	case "careless":
		syscall.Umask(0)
		return replace(ctx, NewFolder(dir), 1, os.Stdout)
	case "group": // may read, though the umask is the one of a plugin
		syscall.Umask(0o077)
		folder := NewFolder(dir)
		folder.SetFileMode(0o640)
		return replace(ctx, folder, 1, os.Stdout)
	}
	return fmt.Errorf("unknown role %s", role)
}

// giveAway gives a file to the user that root becomes.
func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() == 0 {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
}

// nobody is the user that root becomes.
const nobody = 65534

// dropPrivilege makes root somebody else. The folders above dir may be closed to
// that user, hence the path from the folder beside it.
func dropPrivilege(dir string) (relative string, err error) {
	if os.Geteuid() != 0 {
		return dir, nil
	}
	if err := os.Chdir(filepath.Dir(dir)); err != nil {
		return "", err
	}
	return filepath.Base(dir), errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}
