package cli

import (
	"io"
	"log/slog"

	"github.com/lemexport/lemexport/internal/ndjson"
)

// newLog makes the log that the flags ask for; none is the default. The JSON
// form has the keys of the messages on standard output.
func newLog(app App, global settings) *slog.Logger {
	var level slog.Level
	if global.logLevel == "" || level.UnmarshalText([]byte(global.logLevel)) != nil {
		return slog.New(slog.DiscardHandler)
	}
	if global.json {
		return slog.New(ndjson.NewHandler(escapingJSON{app.Stderr}, level))
	}
	return slog.New(slog.NewTextHandler(app.Stderr, &slog.HandlerOptions{Level: level}))
}

// escapingJSON escapes what a terminal could act on in lines of JSON.
type escapingJSON struct{ to io.Writer }

// Write implements io.Writer.
func (e escapingJSON) Write(line []byte) (int, error) {
	if _, err := e.to.Write(escapeJSON(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}
