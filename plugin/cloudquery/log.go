package cloudquery

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Log writes the log that a host reads from standard output.
type Log struct {
	now   func() time.Time
	least slog.Level
	json  bool

	mu  sync.Mutex
	out io.Writer
}

// NewLog writes records from a level on to out, a line each: as JSON objects, or as text.
func NewLog(out io.Writer, now func() time.Time, level string, asJSON bool) *Log {
	least := slog.LevelInfo
	if level == "trace" {
		level = "debug" // the least level that there is
	}
	_ = least.UnmarshalText([]byte(level)) // another text leaves the default
	return &Log{now: now, least: least, json: asJSON, out: out}
}

// Write implements [io.Writer] for text: every line that says something is a record.
func (l *Log) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \n")
		level := slog.LevelInfo
		switch {
		case line == "":
			continue
		case strings.HasPrefix(line, "Error:"):
			level = slog.LevelError
		case strings.HasPrefix(line, "Warning:"):
			level = slog.LevelWarn
		}
		if err := l.record(level, line); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

func (l *Log) record(level slog.Level, message string) error {
	if level < l.least {
		return nil
	}
	at, name := l.now().UTC().Format(time.RFC3339), strings.ToLower(level.String())
	line := fmt.Appendf(nil, "%s %s %s", at, name, message)
	if l.json {
		var err error
		if line, err = json.Marshal(map[string]string{"level": name, "time": at, "message": message}); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.out.Write(append(line, '\n'))
	return err
}
