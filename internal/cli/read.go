package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/schema"
)

func newRead(app App, global *settings, views func() view) *cobra.Command {
	return &cobra.Command{
		Use:   "read TABLE [PATH]",
		Short: "Write a table to standard output as an Arrow stream",
		Long: `Reads TABLE from the source in the configuration at PATH, and writes its rows to
standard output as an Arrow IPC stream: each row once, conversations with the
newest activity first, the proof in the metadata of the schema. Nothing is
written before the rows are proven complete. Progress and the summary go to
standard error. Export blocks are optional; the columns block of an export of
TABLE applies here as well.

The tables are ` + strings.Join(schema.TableNames(), ", ") + `.

Exit status: 0 done, 1 error, 3 when the rows are not proven complete and
nothing was written, 130 interrupted.`,
		Example: "  lemexport read " + schema.Default().Name + " > inbox.arrows\n" +
			"  lemexport read " + schema.Default().Name + " examples/quickstart | python3 -c '\n" +
			"import sys, pyarrow as pa\nprint(pa.ipc.open_stream(sys.stdin.buffer).read_all())'",
		Args:      upTo(2, "TABLE"),
		ValidArgs: schema.TableNames(),
		RunE: func(command *cobra.Command, args []string) error {
			if _, ok := app.Terminal(app.Stdout); ok {
				return exporter.WithHint(errors.New("refusing to write binary data to a terminal"),
					"Send it to a file or a program: lemexport read "+args[0]+" > inbox.arrows")
			}
			global.dataOnStdout = true
			return runRead(command.Context(), app, *global, views(), args[0], argument(args[1:]))
		},
	}
}

func runRead(ctx context.Context, app App, global settings, show view, table, path string) error {
	job, err := loadJob(show, path, app.LoadForReading)
	if err != nil {
		return err
	}
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		var reading *engine.Reading
		var written int64
		err := withRunOf(ctx, app, global, job, "", (*engine.Engine).StartReading, func(run *engine.Run, events *eventBuffer) error {
			var err error
			if reading, err = run.Read(table, engine.ReadOptions{Once: true}); err != nil {
				return err
			}
			return events.during(app, show, func() error {
				written, err = writeStream(ctx, app, reading)
				return err
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
		}
		return interruption(ctx, err, many(written, "row")+" of the stream were written; the stream is incomplete")
	})
}

// writeStream writes the rows as one IPC stream and returns their number. After an error
// it writes half a message: most readers accept a stream without an end marker.
func writeStream(ctx context.Context, app App, reading *engine.Reading) (rows int64, err error) {
	var stream *ipc.Writer
	begin := func() error {
		schema, err := reading.Schema()
		if err == nil {
			stream = ipc.NewWriter(app.Stdout, ipc.WithSchema(schema))
		}
		return err
	}
	defer func() {
		if err != nil && stream != nil {
			_, _ = app.Stdout.Write([]byte{0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0}) // half a message
		}
	}()
	for batch, err := range reading.Batches(ctx) {
		if err == nil && stream == nil {
			err = begin()
		}
		if err == nil {
			err = stream.Write(batch.Record)
		}
		if err != nil {
			return rows, err
		}
		rows += batch.Record.NumRows()
	}
	if stream == nil { // a table without rows has a schema, too
		if err := begin(); err != nil {
			return 0, err
		}
	}
	return rows, stream.Close()
}
