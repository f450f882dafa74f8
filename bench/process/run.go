package process

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// look is how often the files of a process are looked at.
const look = 20 * time.Millisecond

// Run runs a command to its end and measures it from outside. The peak is never less
// than that of this process: see peak.
func Run(command *exec.Cmd) (Usage, error) {
	started := time.Now()
	if err := command.Start(); err != nil {
		return Usage{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	ticks := time.NewTicker(look)
	defer ticks.Stop()
	var disk int64
	for {
		select {
		case err := <-ended:
			state := command.ProcessState
			return Usage{
				Wall: time.Since(started), CPU: state.UserTime() + state.SystemTime(),
				Peak: state.SysUsage().(*syscall.Rusage).Maxrss << 10, Disk: disk,
			}, err
		case <-ticks.C:
			disk = max(disk, written(command.Process.Pid))
		}
	}
}

// written is the space of the files that a process has open for writing, those without a
// name included. Files that it closes while they are counted are left out.
func written(pid int) (total int64) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	open, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return 0
	}
	seen := make(map[uint64]bool)
	for _, one := range open {
		info, err := os.Stat(filepath.Join(dir, "fd", one.Name()))
		if err != nil || !info.Mode().IsRegular() || !forWriting(filepath.Join(dir, "fdinfo", one.Name())) {
			continue
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && !seen[stat.Ino] {
			seen[stat.Ino] = true
			total += allocated(info, stat)
		}
	}
	return total
}

// allocated is the size of a file, or what the disk holds of it when that is less.
func allocated(info fs.FileInfo, stat *syscall.Stat_t) int64 {
	return min(info.Size(), stat.Blocks*512)
}

// forWriting reads the flags of an open file, which the kernel writes in octal.
func forWriting(path string) bool {
	body, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(body), "flags:")
	line, _, _ := strings.Cut(after, "\n")
	flags, err := strconv.ParseInt(strings.TrimSpace(line), 8, 64)
	return err == nil && flags&syscall.O_ACCMODE != syscall.O_RDONLY
}
