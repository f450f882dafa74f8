// Lemexport exports a lemlist team's inbox conversations, all of them and
// provably so, into Parquet or Arrow. This file wires the adapters to the engine and the
// engine to the command line; it holds no logic of its own.
package main

//go:generate go run ./internal/docgen

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/arrowipc"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/monitor"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/report"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/journal"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/internal/cli"
	"github.com/lemexport/lemexport/internal/heaplimit"
	"github.com/lemexport/lemexport/internal/parent"
	"github.com/lemexport/lemexport/plugin"
)

// release is the version of a release build: -ldflags "-X main.release=1.2.3".
var release string //nolint:gochecknoglobals // the linker sets it

func main() {
	// net/http logs there what a server sends unasked, which could be the key.
	log.SetOutput(io.Discard)
	os.Exit(run())
}

func run() int {
	version := buildVersion()
	_, fixed := os.LookupEnv("GOMEMLIMIT") // it goes first
	limit := heaplimit.New(fixed)
	args := cli.DoorArguments(os.Args[0], os.Args[1:])
	if len(args) == 0 {
		switch asked := plugin.Handshake(os.LookupEnv); {
		case asked == plugin.AskedToServe && !isTerminal(os.Stdout):
			return servePlugin(version, limit)
		case asked != plugin.AskedNothing:
			args = []string{cli.PluginCommand} // which says what is wrong
		}
	}
	telemetry, unusable := monitor.NewTelemetry(context.Background(), os.LookupEnv, version.Number)
	app := cli.App{
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		Env:        os.LookupEnv,
		Chdir:      os.Chdir,
		Terminal:   cli.TerminalSize,
		Now:        time.Now,
		Ticker:     ticker,
		Interrupts: interrupts,
		ParentGone: parent.Gone,
		ReaderGone: func(ctx context.Context) bool { return parent.ReaderGone(ctx, os.Stdout) },
		Version:    version,
		LoadConfig: func(source cli.Configuration) ([]exporter.Job, exporter.Diagnostics) {
			return config.Load(configFiles(source.Files), inputsOf(source))
		},
		LoadForReading: func(source cli.Configuration) ([]exporter.Job, exporter.Diagnostics) {
			return config.LoadForReading(configFiles(source.Files), inputsOf(source))
		},
		LoadHostConfig: config.LoadHost,
		FormatConfig:   func(file cli.SourceFile) ([]byte, exporter.Diagnostics) { return config.Format(file.Bytes, file.Name) },
		NewEngine: func(log *slog.Logger, workDir string, memory int64, runs int) *engine.Engine {
			limit.Use(memory)
			made := newEngine(version, log, workDir, exporter.Share(memory, runs), shared{limit, exporter.NewBudget(memory), client.NewMemory(memory)})
			if telemetry.Enabled() {
				made.Watch = telemetry.Watch
			}
			return made
		},
		Beat:        monitor.Beat,
		Flush:       func() error { return errors.Join(unusable, telemetry.Close(context.Background())) },
		UsersTable:  report.UsersTable,
		WriteReport: writeReport,
		SimFaults:   simFaults(),
		ServeSim:    serveSim,
	}
	return int(app.Main(context.Background(), args))
}

// inputsOf are what the expressions of a configuration can read.
func inputsOf(source cli.Configuration) config.Inputs {
	in := config.Inputs{Env: os.LookupEnv, ReadFile: cli.ReadFile, Now: time.Now, VariableFiles: configFiles(source.VariableFiles), SecretsOptional: source.SecretsOptional}
	for _, one := range source.Variables {
		in.Variables = append(in.Variables, config.Variable(one))
	}
	return in
}

func configFiles(files []cli.SourceFile) []config.File {
	sources := make([]config.File, 0, len(files))
	for _, file := range files {
		sources = append(sources, config.File(file))
	}
	return sources
}

// shared is what bounds the memory of several runs together.
type shared struct {
	limit *heaplimit.Limit
	files *exporter.Budget
	// responses is nil for runs whose rows wait for a host: they bound their own.
	responses *client.Memory
}

// newEngine makes an engine. memory is the budget of each of its runs.
func newEngine(version cli.Version, log *slog.Logger, workDir string, memory int64, all shared) *engine.Engine {
	var workspace exporter.Workspace
	if workDir != "" {
		workspace = journal.NewWorkspace(workDir)
	}
	return &engine.Engine{
		OpenSource: func(ctx context.Context, source exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
			return openSource(ctx, source, lemlist.Options{
				Observer: all.limit.Counting(obs), Logger: log, UserAgent: "lemexport/" + version.Number, Memory: memory, Responses: all.responses,
			})
		},
		OpenDestination: store.Open,
		Formats: map[string]exporter.Format{
			"parquet": parquet.Format{Version: version.Number, Memory: memory, Budget: all.files},
			"arrow":   arrowipc.Format{Budget: all.files},
		},
		Scratch:     scratch.New(""),
		Memory:      memory,
		Workspace:   workspace,
		ReadJournal: lemlist.Kept,
		Tool:        exporter.Tool{Name: "lemexport", Version: version.Number},
		Now:         time.Now,
		NewRunID:    func() string { return uuid.Must(uuid.NewV7()).String() },
	}
}

// openSource connects to the team of a configuration: the real one, or one that
// is simulated in this process and spoken to over HTTP all the same.
func openSource(ctx context.Context, source exporter.SourceConfig, options lemlist.Options) (exporter.Source, error) {
	options.Endpoint, options.Key, options.Users = source.Endpoint, source.APIKey, source.Users
	options.MaxElapsed, options.Margin = source.MaxElapsed, source.Margin
	if source.Simulate == nil {
		options.Ledger = func(name string) ratelimit.Ledger { return store.NewLedger("", name) }
		return lemlist.Open(options)
	}
	team := source.Simulate
	simulation, err := sim.New(sim.Options{
		Users: team.Users, Conversations: atLeastNone(team.Conversations), Seed: team.Seed, Unlimited: team.Unlimited,
	})
	if err != nil {
		return nil, err
	}
	server, err := simulation.Start(ctx, "")
	if err != nil {
		return nil, err
	}
	options.Endpoint, options.Key, options.Unlimited = server.URL(), exporter.NewSecret(simulation.Key()), team.Unlimited
	opened, err := lemlist.Open(options)
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return simulatedSource{opened, server}, nil
}

// simulatedSource takes its server with it when it is closed.
type simulatedSource struct {
	*lemlist.Source
	server *sim.Running
}

// Close closes the connections, then the server.
func (s simulatedSource) Close() error { return errors.Join(s.Source.Close(), s.server.Close()) }

func writeReport(ctx context.Context, input cli.ReportInput, to io.Writer) error {
	file := input.File
	page := report.Export{
		Pattern: input.Pattern, Files: file.Files(), Bytes: file.Bytes(), Manifest: file.Manifest(), Table: file.Table(), Records: file.Records(ctx),
		NamesError: input.UsersError,
	}
	if input.Users != nil {
		page.Names, page.NamesError = report.ReadNames(ctx, input.Users.Table(), input.Users.Records(ctx))
	}
	return report.Write(ctx, to, page, report.Options{Personal: input.Personal})
}

// atLeastNone spells "no conversations" as the simulation does, where 0 is the default.
func atLeastNone(conversations int) int {
	if conversations == 0 {
		return sim.None
	}
	return conversations
}

func ticker(every time.Duration) (ticks <-chan time.Time, stop func()) {
	t := time.NewTicker(every)
	return t.C, t.Stop
}

func interrupts() (signals <-chan os.Signal, stop func()) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup wants the run to outlive its terminal
		signal.Notify(caught, syscall.SIGHUP)
	}
	return caught, func() { signal.Stop(caught) }
}

// buildVersion reads what the linker and the Go tool wrote into the binary.
func buildVersion() cli.Version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return versionOf(release, info)
}

// versionOf is the version of a release build, or of a build by go install or from a clone.
func versionOf(release string, info *debug.BuildInfo) cli.Version {
	version := cli.Version{Number: release, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			version.Commit = setting.Value[:min(len(setting.Value), 12)]
		case "vcs.modified":
			version.Modified = setting.Value == "true"
		}
	}
	if version.Number != "" {
		return version
	}
	// The Go tool makes v0.0.0-… up where no tag is; the commit says it better.
	version.Number = strings.TrimPrefix(info.Main.Version, "v")
	if version.Number == "" || version.Number == "(devel)" || strings.HasPrefix(version.Number, "0.0.0-") {
		version.Number = "dev"
	}
	return version
}
