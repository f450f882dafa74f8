package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/schema"
)

// readArguments are what `read` was asked for.
type readArguments struct {
	variables   variableFlags
	table, path string
	// since and position name files; "" is none, and "-" as since standard input.
	since, position string
	format          string
	full            bool
	// only names the team; "" is that of a configuration of one.
	only string
}

func newRead(app App, global *settings, views func() view) *cobra.Command {
	var arguments readArguments
	command := &cobra.Command{
		Use:   "read TABLE [PATH]",
		Short: "Write a table to standard output as an Arrow stream or JSON lines",
		Long: `Reads TABLE from the source in the configuration at PATH, and writes its rows to
standard output: each row once, conversations with the newest activity first, as
an Arrow IPC stream with the proof in the metadata of its schema, or as JSON
lines, one object a row. Nothing is written before the rows are proven complete.
Progress, the summary and the proof go to standard error. Export blocks are
optional; the columns block of an export of TABLE applies here as well.

The tables are ` + strings.Join(schema.TableNames(), ", ") + `.

-position writes a file with the position where the read ended, and -since
continues from it: it reads rows that are new or changed, and again those that
were active within the lookback before, so replace rows by id. When the last full
read is older than full_every (a week, unless a merge or append export of the
table sets it), everything is read; then, and only then, rows that do not come
are gone. The summary says whether a read was full. A position belongs to its
team, users, table and columns: with others it is an error.

Exit status: 0 done, 1 error, 3 when the rows are not proven complete and
nothing was written, 130 interrupted. With 1, 3 and 130 the file of -position is
as it was.`,
		Example: "  lemexport read " + schema.Default().Name + " > inbox.arrows\n" +
			"  lemexport read " + schema.Default().Name + " | python3 -c '\n" +
			"import sys, pyarrow as pa\nprint(pa.ipc.open_stream(sys.stdin.buffer).read_all())'\n" +
			"  lemexport read -since=at.json -position=next.json -format=jsonl " + schema.Default().Name + " > new.jsonl",
		Args:      upTo(2, "TABLE"),
		ValidArgs: schema.TableNames(),
		RunE: func(command *cobra.Command, args []string) error {
			arguments.table, arguments.path = args[0], argument(args[1:])
			if err := oneOf(command, "format", arguments.format, formatArrow, formatJSONLines); err != nil {
				return err
			}
			if _, err := lookupTable(args[0]); err != nil {
				return err
			}
			if arguments.position == stdoutName {
				return usageError(command, "flag -position takes a file: standard output has the rows")
			}
			if _, _, ok := app.Terminal(app.Stdout); ok && arguments.format == formatArrow {
				return exporter.WithHint(errors.New("refusing to write binary data to a terminal"),
					"Send it to a file or a program: lemexport read "+args[0]+" > inbox.arrows")
			}
			global.dataOnStdout = true
			return runRead(command.Context(), app, *global, views(), arguments)
		},
	}
	flags := command.Flags()
	flags.StringVar(&arguments.since, "since", "", "go on from the position in `FILE`; - is standard input")
	flags.StringVar(&arguments.position, "position", "", "write the position of the end to `FILE`, once all rows are written")
	flags.StringVar(&arguments.format, "format", formatArrow, "write rows as `FORMAT`: arrow or jsonl")
	fullFlag(command, &arguments.full)
	onlyFlag(flags, &arguments.only)
	arguments.variables.addTo(flags)
	return command
}

func runRead(ctx context.Context, app App, global settings, show view, arguments readArguments) error {
	jobs, err := loadJobs(show, arguments.path, arguments.variables, app.LoadForReading)
	if err != nil {
		return err
	}
	job, err := oneTeam(jobs, arguments.only)
	if err != nil {
		return err
	}
	job.Full = arguments.full
	options := engine.ReadOptions{Once: true}
	if options.Since, err = readPosition(app, arguments.since); err != nil {
		return err
	}
	if err := checkPositionFolder(arguments.position); err != nil {
		return err
	}
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		var reading *engine.Reading
		var written int64
		err := withRunOf(ctx, app, global, job, "", (*engine.Engine).StartReading, func(run *engine.Run, events *eventBuffer) error {
			var err error
			if reading, err = run.Read(arguments.table, options); err != nil {
				return err
			}
			return whileRead(ctx, app, func(ctx context.Context) error {
				return events.during(app, show, func() error {
					written, err = writeRows(ctx, app.Stdout, arguments.format, reading)
					return err
				})
			})
		})
		if reading == nil || reading.Summary().Proof == nil {
			return interruption(ctx, err, "nothing was written")
		}
		summary := reading.Summary()
		switch {
		case errors.Is(err, exporter.ErrIncomplete):
			show.delivered(summary)
			show.diagnostics(doubts(err, *summary.Proof))
			return ended{exporter.ExitIncomplete}
		case err == nil:
			show.delivered(summary)
			return writePosition(arguments.position, reading.Position())
		}
		return interruption(ctx, err, many(written, "row")+" of the stream were written; the stream is incomplete")
	})
}
