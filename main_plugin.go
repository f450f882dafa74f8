package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/monitor"
	"github.com/lemexport/lemexport/internal/cli"
	"github.com/lemexport/lemexport/internal/heaplimit"
	"github.com/lemexport/lemexport/internal/ndjson"
	"github.com/lemexport/lemexport/internal/parent"
	"github.com/lemexport/lemexport/plugin"
)

// logLevelVariable names the least level of the records that a host is sent.
const logLevelVariable = cli.LogLevelVariable

// Why a plugin ends without its host's word.
var (
	errTold   = errors.New("the plugin was told to end")
	errOrphan = errors.New("the host process has ended")
)

// servePlugin answers the host that started this process, until the host stops
// it or is gone.
func servePlugin(version cli.Version, limit *heaplimit.Limit) int {
	level := slog.LevelInfo
	if text, ok := os.LookupEnv(logLevelVariable); ok {
		_ = level.UnmarshalText([]byte(text)) // another text leaves the default
	}
	memory := int64(exporter.DefaultMemory)
	if text, ok := os.LookupEnv(cli.MemoryVariable); ok {
		if asked, err := cli.ParseMemory(text); err == nil { // another text leaves the default
			memory = asked
		}
	}
	// A host that dies takes the other end of our log with it. That must not end us
	// in the middle of what we write.
	signal.Ignore(syscall.SIGPIPE)
	// A ^C reaches this process together with the host, which decides what it means.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	files := exporter.NewBudget(memory) // of all calls together
	telemetry, unusable := monitor.NewTelemetry(context.Background(), os.LookupEnv, version.Number)
	logger := slog.New(ndjson.NewHandler(os.Stderr, level))
	server := plugin.NewServer(plugin.Options{
		Tool:        exporter.Tool{Name: "lemexport", Version: version.Number},
		Commit:      version.Commit,
		ParseConfig: config.LoadJSON,
		NewEngine: func(log *slog.Logger, stateDir string, running int) *engine.Engine {
			if stateDir == "" {
				stateDir = usualStateDir()
			}
			// Below what its calls need, the collector would do nothing but collect.
			limit.Use(max(memory, int64(running)*exporter.LeastShare))
			made := newEngine(version, log, stateDir, exporter.Share(memory, running), shared{limit: limit, files: files})
			if telemetry.Enabled() {
				made.Watch = telemetry.Watch
			}
			return made
		},
		Log: logger,
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() {
		if parent.Gone(ctx) {
			cancel(errOrphan)
		}
	})
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGHUP)
	watch.Go(func() {
		select {
		case <-told:
			cancel(errTold)
		case <-ctx.Done():
		}
	})
	hosts := os.Getenv(plugin.SocketDirVariable)
	err := plugin.Serve(ctx, server, os.Getenv, os.Stdout)
	if hosts != "" && errors.Is(context.Cause(ctx), errOrphan) {
		_ = os.Remove(hosts) // its host cannot; a folder with something in it stays
	}
	cancel(nil)
	watch.Wait()
	if failed := errors.Join(unusable, telemetry.Close(context.Background())); failed != nil {
		logger.Warn("monitoring: " + failed.Error())
	}
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "Error: %v\n%s\n", err, exporter.Hint(err)) // there is nowhere else to say it
		return int(exporter.ExitError)
	}
	return 0
}

// usualStateDir is where a reading keeps its notes when the host does not say;
// "" is nowhere.
func usualStateDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "lemexport", "walks")
}

func isTerminal(file *os.File) bool {
	_, _, ok := cli.TerminalSize(file)
	return ok
}
