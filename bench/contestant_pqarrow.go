package main

import (
	"context"
	"errors"
	"os"

	"github.com/apache/arrow/go/v15/arrow/memory"
	pq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/lemexport/lemexport/schema"
)

// pqarrowWriter writes lemexport's batches with Arrow's own Parquet writer.
func pqarrowWriter(_ context.Context, pages, out string) (err error) {
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	table := schema.InboxConversations()
	properties := pq.NewWriterProperties(pq.WithCompression(compress.Codecs.Zstd))
	writer, err := pqarrow.NewFileWriter(table.Arrow(), file, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	decoder := schema.NewDecoder(table, memory.DefaultAllocator)
	err = eachPage(pages, func(body []byte) error {
		page, err := decoder.Decode(body, fetched())
		if err != nil {
			return err
		}
		defer page.Record.Release()
		return writer.WriteBuffered(page.Record)
	})
	return errors.Join(err, writer.Close()) // closes the file
}
