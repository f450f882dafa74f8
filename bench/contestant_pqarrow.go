package main

import (
	"context"
	"errors"
	"os"

	"github.com/apache/arrow/go/v15/arrow"
	pq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// pqarrowWriter writes lemexport's records with Arrow's own Parquet writer.
func pqarrowWriter(ctx context.Context, task process.Task) error {
	file, err := os.Create(task.Out)
	if err != nil {
		return err
	}
	table := schema.InboxConversations()
	// In one large row group it takes several times as long.
	properties := pq.NewWriterProperties(pq.WithCompression(compress.Codecs.Zstd), pq.WithMaxRowGroupLength(parquet.RowGroupRows))
	writer, err := pqarrow.NewFileWriter(table.Arrow(), file, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	err = eachRecord(ctx, task.Pages, task.Workers, func(rec arrow.Record) error { return writer.WriteBuffered(rec) })
	return errors.Join(err, writer.Close()) // closes the file
}
