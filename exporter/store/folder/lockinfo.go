package folder

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter/store/disk"
)

// lockInfo is what the lock file says about the run that holds the lock.
type lockInfo struct {
	RunID   string    `json:"run_id"`
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started_at"`
}

// lockInfoSize is the length of the text: JSON and spaces. It never changes, so that a new
// text covers that of a crashed run without truncating the file.
const lockInfoSize = 1 << 10

// writeLockInfo writes who holds the lock into the lock file.
func writeLockInfo(lock *disk.FileLock, runID string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	body, err := json.Marshal(lockInfo{RunID: runID, PID: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if len(body) >= lockInfoSize {
		return errors.New("lock: the run's name is too long")
	}
	return lock.WriteText([]byte(string(body) + strings.Repeat(" ", lockInfoSize-1-len(body)) + "\n"))
}

// readLockInfo reads who holds the lock. It fails while the file has no lock info yet.
func readLockInfo(path string) (lockInfo, error) {
	body, err := disk.ReadText(path, lockInfoSize)
	if err != nil {
		return lockInfo{}, err
	}
	var by lockInfo
	if err := json.Unmarshal(body, &by); err != nil {
		return lockInfo{}, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return by, nil
}
