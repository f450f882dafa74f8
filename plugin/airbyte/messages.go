package airbyte

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
)

const bufferBytes = 64 << 10

// Messages writes the messages of the protocol, a line each. Progress is logged by one
// goroutine while another one writes records.
type Messages struct {
	now func() time.Time

	mu  sync.Mutex
	out *bufio.Writer
}

// NewMessages writes to out.
func NewMessages(out io.Writer, now func() time.Time) *Messages {
	return &Messages{now: now, out: bufio.NewWriterSize(out, bufferBytes)}
}

// send writes a message at once.
func (m *Messages) send(one message) error {
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return m.sendLines(append(line, '\n'))
}

// sendLines writes whole lines.
func (m *Messages) sendLines(lines []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.out.Write(lines); err != nil {
		return err
	}
	return m.out.Flush()
}

// Write implements [io.Writer] for text: every line that says something is a LOG message.
func (m *Messages) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \n")
		if line == "" {
			continue
		}
		level := "INFO"
		switch {
		case strings.HasPrefix(line, "Error:"):
			level = "ERROR"
		case strings.HasPrefix(line, "Warning:"):
			level = "WARN"
		}
		if err := m.send(message{Type: "LOG", Log: &log{level, line}}); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

// Fail writes the TRACE message of an error, in one sentence.
func (m *Messages) Fail(err error) error {
	failed := traceError{Message: sentence(err), Internal: exporter.Hint(err), Kind: "system_error"}
	switch {
	case errors.Is(err, exporter.ErrIncomplete):
		failed.Kind = "transient_error"
	case isInput(err):
		failed.Kind = "config_error"
	}
	return m.trace(trace{Type: "ERROR", Error: &failed})
}

func (m *Messages) trace(one trace) error {
	one.EmittedAt = m.now().UnixMilli()
	return m.send(message{Type: "TRACE", Trace: &one})
}

func isInput(err error) bool {
	_, config := errors.AsType[*door.ConfigError](err)
	_, input := errors.AsType[*door.InputError](err)
	return config || input
}

func sentence(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
