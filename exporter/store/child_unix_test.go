//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
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
	case "careful":
		syscall.Umask(0o027)
		return replace(ctx, NewFolder(dir), 1, os.Stdout)
	}
	return fmt.Errorf("unknown role %s", role)
}

// dropPrivilege makes root somebody else. The folders above dir may be closed to
// that user, hence the path from the folder beside it.
func dropPrivilege(dir string) (relative string, err error) {
	if os.Geteuid() != 0 {
		return dir, nil
	}
	const nobody = 65534
	if err := os.Chdir(filepath.Dir(dir)); err != nil {
		return "", err
	}
	return filepath.Base(dir), errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}
