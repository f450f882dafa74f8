// Package ndjson writes log records as lines of JSON, in the form that hashicorp's
// go-hclog writes and go-plugin reads: @level, @message and @timestamp. It imports
// nothing of ours.
package ndjson

import (
	"io"
	"log/slog"
	"strings"
)

// TimeFormat is the format of @timestamp, in UTC. go-plugin parses no other number
// of digits.
const TimeFormat = "2006-01-02T15:04:05.000000Z07:00"

// NewHandler returns a handler that writes one JSON object a line. A go-plugin host
// takes the records over with their levels.
func NewHandler(to io.Writer, level slog.Leveler) slog.Handler {
	return slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level, ReplaceAttr: rename})
}

func rename(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return attr
	}
	switch attr.Key {
	case slog.TimeKey:
		return slog.String("@timestamp", attr.Value.Time().UTC().Format(TimeFormat))
	case slog.LevelKey:
		return slog.String("@level", strings.ToLower(attr.Value.String()))
	case slog.MessageKey:
		return slog.String("@message", attr.Value.String())
	}
	return attr
}
