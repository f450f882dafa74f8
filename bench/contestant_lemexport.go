package main

import (
	"context"
	"errors"
	"os"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// lemexport is the decoder and the Parquet sink of the product, and nothing else of it.
func lemexport(ctx context.Context, task process.Task) error {
	return encoded(exporter.EncodingPortable)(ctx, task)
}

// encoded is lemexport with an encoding.
func encoded(encoding string) func(context.Context, process.Task) error {
	return func(ctx context.Context, task process.Task) error {
		return intoSink(task.Out, encoding, func(sink exporter.Sink) error {
			return eachRecord(ctx, task.Pages, task.Workers, func(rec arrow.Record) error { return sink.Write(ctx, rec) })
		})
	}
}

// intoSink makes a Parquet file of what fill writes.
func intoSink(path, encoding string, fill func(exporter.Sink) error) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sink, err := parquet.Format{Version: "bench"}.Create(file, schema.InboxConversations(), exporter.Export{Parquet: exporter.ParquetOptions{Encoding: encoding}})
	if err != nil {
		return err
	}
	if err := fill(sink); err != nil {
		return err
	}
	return sink.Finish([]byte("{}"))
}
