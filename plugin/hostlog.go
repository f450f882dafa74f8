package plugin

import (
	"context"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// slogSink passes records on to a log of the standard library.
type slogSink struct{ log *slog.Logger }

// Accept implements hclog.SinkAdapter.
func (s slogSink) Accept(name string, level hclog.Level, msg string, args ...any) {
	s.log.Log(context.Background(), slogLevel(level), msg, append([]any{"logger", name}, args...)...)
}

func slogLevel(level hclog.Level) slog.Level {
	switch level {
	case hclog.Trace:
		return slog.LevelDebug - 4
	case hclog.Debug:
		return slog.LevelDebug
	case hclog.Warn:
		return slog.LevelWarn
	case hclog.Error:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
