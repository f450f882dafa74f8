package plugin

import (
	"io"
	"log/slog"
	"strings"
)

// timestampFormat has six digits of microseconds: go-plugin reads no other.
const timestampFormat = "2006-01-02T15:04:05.000000Z07:00"

// NewLog makes a log whose records a go-plugin host takes over with their
// levels: one JSON object a line, with @level, @message and @timestamp.
func NewLog(to io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return attr
			}
			switch attr.Key {
			case slog.TimeKey:
				return slog.String("@timestamp", attr.Value.Time().Format(timestampFormat))
			case slog.LevelKey:
				return slog.String("@level", strings.ToLower(attr.Value.String()))
			case slog.MessageKey:
				return slog.String("@message", attr.Value.String())
			}
			return attr
		},
	}))
}
