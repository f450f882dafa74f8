package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/schema"
)

// App is all that the commands need from outside. Every field is required.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Env looks up an environment variable.
	Env func(name string) (value string, ok bool)
	// Chdir changes the working folder of the process.
	Chdir func(dir string) error
	// Terminal reports whether one of the streams above is a terminal, and how
	// many columns and lines it has.
	Terminal func(stream any) (width, height int, ok bool)
	Now      func() time.Time
	// Ticker ticks until stopped.
	Ticker func(every time.Duration) (ticks <-chan time.Time, stop func())
	// Interrupts passes SIGINT, SIGTERM and SIGHUP on. After stop they have their
	// default effect again.
	Interrupts func() (signals <-chan os.Signal, stop func())
	// ParentGone waits until the process that started this one has ended, or ctx: then
	// it returns false.
	ParentGone func(ctx context.Context) bool
	// ReaderGone waits until nobody can read Stdout any more, or ctx: then it returns false.
	ReaderGone func(ctx context.Context) bool
	Version    Version

	// LoadConfig turns a configuration into one job a team.
	LoadConfig func(source Configuration) ([]exporter.Job, exporter.Diagnostics)
	// LoadForReading is LoadConfig for a command that needs no export blocks.
	LoadForReading func(source Configuration) ([]exporter.Job, exporter.Diagnostics)
	// LoadHostConfig reads the configuration that a host of a door passes, in JSON.
	LoadHostConfig func(body []byte) (exporter.Job, exporter.Diagnostics)
	// FormatConfig formats a file.
	FormatConfig func(file SourceFile) ([]byte, exporter.Diagnostics)
	// NewEngine makes the engine with its adapters. It keeps the pages of an interrupted
	// run in workDir; "" keeps none. memory is the budget of the process in bytes, which so
	// many runs share.
	NewEngine func(log *slog.Logger, workDir string, memory int64, runs int) *engine.Engine
	// Beat asks for the URL of a heartbeat. Its error does not repeat the URL.
	Beat func(ctx context.Context, url exporter.Secret) error
	// Flush sends what monitoring still has to get, for at most a few seconds. Its error
	// changes nothing about what the command has done.
	Flush func() error
	// UsersTable returns the table that describes the users in the rows of a table; nil
	// when there is none.
	UsersTable func(of *schema.Table) *schema.Table
	// WriteReport writes the page of an export.
	WriteReport func(ctx context.Context, input ReportInput, to io.Writer) error
	// SimFaults are the kinds of faults that the simulated API has.
	SimFaults []string
	// ServeSim starts the simulated API.
	ServeSim func(ctx context.Context, options SimOptions) (SimServer, error)
}

// errEnded is wrapped by the errors that end a command after its view has shown the
// reason.
var errEnded = errors.New("ended")

// ended is such an error with its exit status.
type ended struct{ status exporter.ExitStatus }

func (e ended) Error() string { return fmt.Sprintf("exit status %d", e.status) }
func (e ended) Unwrap() error { return errEnded }

// Main runs one command and returns the exit status of the process.
func (a App) Main(ctx context.Context, args []string) exporter.ExitStatus {
	stdout := &failing{to: a.Stdout}
	inner := a
	inner.Stdout = stdout
	inner.Terminal = func(stream any) (int, int, bool) {
		if stream == io.Writer(stdout) {
			stream = a.Stdout
		}
		return a.Terminal(stream)
	}
	status := inner.run(ctx, args)
	if err := a.Flush(); err != nil {
		newTerminal(a, a.Stderr, true).print(diagnosticText(exporter.Diagnostic{
			Severity: exporter.SeverityWarning, Summary: "monitoring: " + err.Error(),
			Detail: "It changes nothing about the command. The OTEL_ variables of the environment say where traces and metrics go.",
		}, 0))
	}
	if stdout.err != nil && status == 0 {
		newTerminal(a, a.Stderr, true).print(diagnosticText(exporter.Diagnostic{
			Severity: exporter.SeverityError, Summary: "standard output cannot be written: " + stdout.err.Error(),
			Detail: "The command has finished, and an apply is committed; only its output is lost.",
		}, 0))
		return exporter.ExitError
	}
	return status
}

func (a App) run(ctx context.Context, args []string) exporter.ExitStatus {
	var global settings
	views := sync.OnceValue(func() view {
		a := a
		if global.dataOnStdout {
			a.Stdout = a.Stderr
		}
		if global.json {
			return newJSONView(a)
		}
		return newHumanView(a, global)
	})
	if completing(args) {
		var lines bytes.Buffer
		to, word := a.Stdout, args[len(args)-1]
		a.Stdout = &lines
		defer func() { _, _ = to.Write(shellCompletions(lines.Bytes(), word)) }() // Main looks at the error
		args = completionArguments(args)
	}
	root := newRoot(a, &global, views) //nolint:contextcheck // cobra hands the context to the commands
	args = rewrite(args)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errEnded):
		return statusOf(err)
	}
	// A mistake in the flags can hide -json from the parser.
	global.json = global.json || asksForJSON(args)
	if interrupted, ok := errors.AsType[*interruptedError](err); ok {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, errInterrupted) {
			views().diagnostics(exporter.Diagnose(interrupted.err)) // an error besides the interrupt
		}
		views().interrupted(interrupted)
	} else if global.json && command.Name() == validateName {
		writeValidation(a.Stdout, validated{diagnostics: exporter.Diagnose(err)})
	} else {
		views().diagnostics(exporter.Diagnose(err))
	}
	if left, ok := errors.AsType[keptError](err); ok {
		views().kept(left.kept)
	}
	return statusOf(err)
}

func statusOf(err error) exporter.ExitStatus {
	if end, ok := errors.AsType[ended](err); ok {
		return end.status
	}
	if _, ok := errors.AsType[*interruptedError](err); ok {
		return exporter.ExitInterrupted
	}
	if errors.Is(err, exporter.ErrIncomplete) || errors.Is(err, engine.ErrShrunk) {
		return exporter.ExitIncomplete
	}
	return exporter.ExitError
}

func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}
