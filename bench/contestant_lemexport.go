package main

import (
	"context"
	"errors"
	"os"
	"runtime"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

func lemexport(ctx context.Context, pages, out string, workers int) (err error) {
	runtime.GOMAXPROCS(workers)
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	table := schema.InboxConversations()
	sink, err := parquet.Format{Version: "bench"}.Create(file, table, exporter.Export{})
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
		return sink.Write(ctx, page.Record)
	})
	if err != nil {
		return err
	}
	return sink.Finish([]byte("{}"))
}
