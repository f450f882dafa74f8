package cli

import (
	"io"
	"strings"
	"sync"
)

// terminal is one output stream of a person: a terminal, a file or a pipe. It
// can keep one status line below what is printed. Safe for concurrent use.
type terminal struct {
	to io.Writer
	// size reports whether the stream is a terminal now, and its width in columns.
	size   func() (width int, ok bool)
	colour bool

	mu     sync.Mutex
	status string
}

func newTerminal(app App, stream io.Writer, colour bool) *terminal {
	size := func() (int, bool) { return app.Terminal(stream) }
	dumb, _ := app.Env("TERM")
	if dumb == "dumb" {
		size = func() (int, bool) { return 0, false }
	}
	_, ok := size()
	unwanted, _ := app.Env("NO_COLOR")
	return &terminal{to: stream, size: size, colour: colour && ok && unwanted == ""}
}

// interactive reports whether a person watches the stream.
func (t *terminal) interactive() bool {
	_, ok := t.size()
	return ok
}

// print writes text above the status line.
func (t *terminal) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := render(text, t.colour)
	if t.status != "" {
		out = eraseLine + out + t.status
	}
	t.write(out)
}

// setStatus replaces the status line; "" removes it. It is cut to the width.
func (t *terminal) setStatus(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	width, ok := t.size()
	if !ok {
		return
	}
	line = render(cut(line, width-1), t.colour)
	if line == t.status {
		return
	}
	t.status = line
	t.write(eraseLine + line)
}

const eraseLine = "\r\x1b[K"

// write leaves errors to the stream: App.Main looks at them once, at the end.
func (t *terminal) write(text string) { _, _ = io.WriteString(t.to, text) }

// cut shortens a line to a number of columns.
func cut(line string, most int) string {
	if columns(line) <= most {
		return line
	}
	var out strings.Builder
	used := 0
	for _, char := range line {
		wide := columns(string(char))
		if used+wide > most {
			break
		}
		used += wide
		out.WriteRune(char)
	}
	return out.String() + string(markReset)
}

// failing remembers the first error of a stream.
type failing struct {
	to  io.Writer
	mu  sync.Mutex
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.to.Write(p)
	f.err = err
	return n, err
}
