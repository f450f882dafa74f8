package cli

import (
	"io"
	"log/slog"
	"strings"
)

// timestampFormat has six digits of microseconds, as hclog writes and wants it.
const timestampFormat = "2006-01-02T15:04:05.000000Z07:00"

// newLog makes the log that the flags ask for; none is the default. The JSON
// form has the keys of the messages on standard output.
func newLog(app App, global settings) *slog.Logger {
	var level slog.Level
	if global.logLevel == "" || level.UnmarshalText([]byte(global.logLevel)) != nil {
		return slog.New(slog.DiscardHandler)
	}
	options := &slog.HandlerOptions{Level: level}
	if !global.json {
		return slog.New(slog.NewTextHandler(app.Stderr, options))
	}
	options.ReplaceAttr = func(groups []string, attr slog.Attr) slog.Attr {
		if len(groups) > 0 {
			return attr
		}
		switch attr.Key {
		case slog.TimeKey:
			return slog.String("@timestamp", attr.Value.Time().UTC().Format(timestampFormat))
		case slog.LevelKey:
			return slog.String("@level", strings.ToLower(attr.Value.String()))
		case slog.MessageKey:
			return slog.String("@message", attr.Value.String())
		}
		return attr
	}
	return slog.New(slog.NewJSONHandler(escapingJSON{app.Stderr}, options))
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
