package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// terminal is one output stream of a person: a terminal, a file or a pipe. It
// can keep status lines below what is printed. Safe for concurrent use.
type terminal struct {
	to io.Writer
	// screen reports whether the stream is a terminal now, and its width in columns and
	// height in lines.
	screen func() (width, height int, ok bool)
	colour bool

	mu sync.Mutex
	// status are the status lines as they were written; "" when there are none.
	status string
}

func newTerminal(app App, stream io.Writer, colour bool) *terminal {
	screen := func() (int, int, bool) { return app.Terminal(stream) }
	dumb, _ := app.Env("TERM")
	if dumb == "dumb" {
		screen = func() (int, int, bool) { return 0, 0, false }
	}
	_, _, ok := screen()
	unwanted, _ := app.Env("NO_COLOR")
	return &terminal{to: stream, screen: screen, colour: colour && ok && unwanted == ""}
}

// interactive reports whether a person watches the stream.
func (t *terminal) interactive() bool {
	_, _, ok := t.screen()
	return ok
}

// size is the width of the terminal; ok is false when the stream is not one.
func (t *terminal) size() (width int, ok bool) {
	width, _, ok = t.screen()
	return width, ok
}

// print writes text above the status lines.
func (t *terminal) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := render(text, t.colour)
	if t.status != "" {
		out = t.erasing() + out + t.status
	}
	t.write(out)
}

// printWrapped is print with the lines of prose broken at the width of the terminal.
func (t *terminal) printWrapped(text string) {
	width, _ := t.size()
	t.print(wrapItems(text, width))
}

// setStatus replaces the status lines; "" removes them. Each is cut to the width.
func (t *terminal) setStatus(lines ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	width, ok := t.size()
	if !ok {
		return
	}
	shown := make([]string, 0, len(lines))
	for _, line := range lines {
		shown = append(shown, render(cut(line, width-1), t.colour))
	}
	status := strings.Join(shown, "\n")
	if status == t.status {
		return
	}
	t.write(t.erasing() + status)
	t.status = status
}

const eraseLine = "\r\x1b[K"

// erasing is the sequence that removes the status lines. The cursor is in the last one.
func (t *terminal) erasing() string {
	if above := strings.Count(t.status, "\n"); above > 0 {
		return fmt.Sprintf("\r\x1b[%dA\x1b[J", above)
	}
	return eraseLine
}

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
