//go:build unix

package store

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// runWithoutPrivilege runs a role as a user who cannot overrule permissions,
// and returns what it printed. The run must fail.
func runWithoutPrivilege(t *testing.T, role, dir string) string {
	t.Helper()
	program := os.Args[0]
	cmd := exec.Command(program, dir)
	if os.Geteuid() == 0 {
		// The test binary and the folders above dir are closed to others.
		open := filepath.Join(t.TempDir(), "child.test")
		copyFile(t, program, open)
		for at := filepath.Dir(open); at != filepath.Dir(at); at = filepath.Dir(at) {
			allowSearch(t, at)
		}
		for at := filepath.Dir(dir); at != filepath.Dir(at); at = filepath.Dir(at) {
			allowSearch(t, at)
		}
		cmd = exec.Command(open, dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	cmd.Env = append(os.Environ(), childRole+"="+role)
	output, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the run succeeded: %s", output)
	}
	return string(output)
}

// allowSearch lets everybody pass through a folder of the test's own.
func allowSearch(t *testing.T, dir string) {
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o001 == 0 {
		if err := os.Chmod(dir, info.Mode().Perm()|0o001); err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
