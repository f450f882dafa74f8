package store

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/lemexport/lemexport/internal/private"
)

// holder is what the lock file says about its run.
type holder struct {
	RunID   string    `json:"run_id"`
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started_at"`
}

// holderSize is the length of the text: JSON and spaces. One length for all, so
// that a new text covers the one of a crashed run without emptying the file.
const holderSize = 1 << 10

// sign writes into the lock file whose it is.
func sign(lock *fileLock, runID string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	body, err := json.Marshal(holder{RunID: runID, PID: os.Getpid(), Host: host, Started: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if len(body) >= holderSize {
		return errors.New("lock: the run's name is too long")
	}
	text := string(body) + strings.Repeat(" ", holderSize-1-len(body)) + "\n"
	_, err = lock.file.WriteAt([]byte(text), holderOffset)
	return err
}

// readHolder reads who holds the lock. A file that is not signed yet is an error.
func readHolder(path string) (by holder, err error) {
	file, err := private.Open(path, os.O_RDONLY)
	if err != nil {
		return holder{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	body, err := io.ReadAll(io.NewSectionReader(file, holderOffset, holderSize))
	if err != nil {
		return holder{}, err
	}
	if err := json.Unmarshal(body, &by); err != nil {
		return holder{}, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return by, nil
}
