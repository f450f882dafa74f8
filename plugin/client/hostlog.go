package client

import (
	"context"
	"io"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// hostLog is a logger for go-plugin that writes its records, and the plugin's, to the
// host's log.
func hostLog(log *slog.Logger) hclog.Logger {
	if log == nil {
		return hclog.NewNullLogger()
	}
	// The host's log filters by level; hclog passes everything on.
	logger := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "lemexport", Level: hclog.Trace, Output: io.Discard})
	logger.RegisterSink(slogSink{log})
	return logger
}

// slogSink writes hclog records to an slog.Logger.
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
