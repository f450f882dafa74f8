// Host-go is a small data pipeline: it loads lemexport as a plugin, reads the
// inbox batch by batch, writes it into a DuckDB database and prints the proof.
//
//	go run . -plugin /path/to/lemexport -config config.json -db inbox.duckdb
//
// A run that is cut short, by ^C or a crash, is continued by the next one: the
// checkpoint is stored in the same transaction as the rows that it covers.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/client"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// tableName is the table that is read.
const tableName = "inbox_conversations"

type options struct {
	plugin, digest, config, database string
	log                              *slog.Logger
	// onBatch is called after every batch.
	onBatch func(rows int64)
}

func main() {
	o := options{log: slog.New(slog.NewTextHandler(os.Stderr, nil)), onBatch: func(int64) {}}
	flag.StringVar(&o.plugin, "plugin", "lemexport", "the lemexport `BINARY`")
	flag.StringVar(&o.digest, "sha256", "", "the `DIGEST` that the binary must have, in hexadecimal")
	flag.StringVar(&o.config, "config", "config.json", "the configuration `FILE`, in JSON")
	flag.StringVar(&o.database, "db", "inbox.duckdb", "the DuckDB database `FILE`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	proof, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		if hint := exporter.Hint(err); hint != "" {
			fmt.Fprintln(os.Stderr, hint)
		}
		os.Exit(1)
	}
	fmt.Printf("%d conversations in %s, complete by %s: %d requests, %d users\n", proof.Rows, o.database, proof.Method, proof.Requests, len(proof.Partitions))
}

// run reads everything into the database and returns the proof that it is everything.
func run(ctx context.Context, o options) (proof *exporter.Proof, err error) {
	config, err := os.ReadFile(o.config)
	if err != nil {
		return nil, err
	}
	digest, err := hex.DecodeString(o.digest)
	if err != nil {
		return nil, fmt.Errorf("-sha256: %w", err)
	}
	lemexport, err := client.Start(ctx, client.StartOptions{Path: o.plugin, SHA256: digest, Log: o.log})
	if err != nil {
		return nil, err
	}
	defer lemexport.Close()

	schema, info, err := lemexport.Schema(ctx, tableName)
	if err != nil {
		return nil, err
	}
	plan, _, err := lemexport.Plan(ctx, config)
	if err != nil {
		return nil, err
	}
	if plan.Conversations != nil {
		o.log.Info("plan", "users", len(plan.Survey.OfUsers().Partitions), "conversations_at_most", *plan.Conversations)
	}
	sink, err := openSink(ctx, o.database, schema, info)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sink.close(ctx)) }()

	reading := lemexport.Read(client.ReadRequest{
		Config: config, Table: tableName, Checkpoint: sink.checkpoint,
		OnCheckpoint: func(token []byte) { sink.keep(ctx, token) },
		OnEvent: func(event *pluginv1.Event) {
			switch {
			case event.GetNotice() != nil:
				o.log.Warn(event.GetNotice().GetSummary())
			case event.GetProgress() != nil:
				o.log.Info("progress", "rows", event.GetProgress().GetRows(), "at_most", event.GetProgress().GetRowsTotal())
			}
		},
	})
	for record, err := range reading.Records(ctx) {
		if err != nil {
			return nil, err
		}
		if err := sink.write(record); err != nil {
			return nil, err
		}
		o.onBatch(record.NumRows())
	}
	return reading.Result().Proof, sink.finish(ctx)
}
