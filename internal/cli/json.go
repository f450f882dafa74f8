package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/ndjson"
)

// uiVersion is the version of the messages. A new minor one adds types or
// fields; a new major one changes them.
const uiVersion = "1.0"

// The levels of messages.
const (
	levelInfo  = "info"
	levelWarn  = "warn"
	levelError = "error"
)

// jsonView is NDJSON for programs: one message a line, all on standard output.
type jsonView struct {
	now func() time.Time
	mu  sync.Mutex
	to  io.Writer
}

// newJSONView starts the stream with its version message.
func newJSONView(app App) *jsonView {
	v := &jsonView{now: app.Now, to: app.Stdout}
	v.send(levelInfo, "version", "lemexport "+app.Version.Number,
		field{"lemexport", app.Version.Number}, field{"ui", uiVersion})
	return v
}

// field is one further key of a message.
type field struct {
	key   string
	value any
}

func (v *jsonView) send(level, kind, message string, fields ...field) {
	v.sendAt(v.now(), level, kind, message, fields...)
}

func (v *jsonView) sendAt(at time.Time, level, kind, message string, fields ...field) {
	all := append([]field{
		{"@level", level}, {"@message", message}, {"@timestamp", at.UTC().Format(ndjson.TimeFormat)}, {"type", kind},
	}, fields...)
	line := []byte{'{'}
	for i, one := range all {
		if i > 0 {
			line = append(line, ',')
		}
		line = fmt.Appendf(line, "%q:", one.key)
		line = append(line, encodeJSON(one.value)...)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, _ = v.to.Write(append(line, '}', '\n')) // App.Main looks at the error, once
}

// encodeJSON encodes a value of ours. What a terminal could act on is escaped:
// it can only stand inside strings.
func encodeJSON(value any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("cli: message cannot be encoded: " + err.Error())
	}
	return escapeJSON(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}

// escapeJSON escapes what a terminal could act on in JSON without blanks.
func escapeJSON(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		char, size := utf8.DecodeRune(text)
		if acts(char) && char != '\n' {
			out = fmt.Appendf(out, `\u%04x`, char)
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}

func (v *jsonView) diagnostics(found exporter.Diagnostics) {
	for _, one := range found {
		level, title := levelError, "Error: "
		if one.Severity == exporter.SeverityWarning {
			level, title = levelWarn, "Warning: "
		}
		v.send(level, "diagnostic", title+one.Summary, field{"diagnostic", one})
	}
}

func (v *jsonView) question() {}

func (v *jsonView) declined(reason string) {
	v.send(levelError, "declined", "Not applied: "+reason)
}

func (v *jsonView) reported(file string, size int64) {
	v.send(levelInfo, "report", "Report written to "+file, field{"file", file}, field{"bytes", size})
}

func (v *jsonView) formatted(file string) {
	v.send(levelInfo, "formatted", file, field{"file", file})
}

func (v *jsonView) listening(server SimServer, options SimOptions) {
	v.send(levelInfo, "listening", "Simulated lemlist API at "+server.URL(), field{"endpoint", server.URL()},
		field{"api_key", server.Key()}, field{"simulated", true}, field{"users", options.Users},
		field{"conversations", options.Conversations}, field{"seed", options.Seed})
}

func (v *jsonView) stopping() { v.send(levelWarn, "stopping", "Stopping") }

func (v *jsonView) interrupted(end *interruptedError) {
	v.send(levelError, "interrupted", "Interrupted; "+end.consequence)
}

func (v *jsonView) kept(left leftover) {
	v.send(levelInfo, "kept", keptText(left), field{"kept", left})
}
