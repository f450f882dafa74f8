package client

import (
	"io"
	"slices"
	"strings"
	"sync"
)

// tail is the standard error of a process: it passes on what is written, and keeps
// the end of it.
type tail struct {
	to io.Writer

	mu   sync.Mutex
	last []byte
}

// maxTail is the number of bytes that an error quotes.
const maxTail = 2 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	t.last = t.last[max(0, len(t.last)-maxTail):]
	if t.to != nil {
		return t.to.Write(p)
	}
	return len(p), nil
}

// quote returns what was written last, to append to an error message. It leaves out
// log records, which are in the host's log.
func (t *tail) quote() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(t.last)), "\n"), func(line string) bool {
		return line == "" || strings.Contains(line, `"@message":`)
	})
	if len(lines) == 0 {
		return ""
	}
	return "; it wrote last:\n" + strings.Join(lines, "\n")
}
