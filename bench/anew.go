package main

import (
	"context"
	"runtime"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// anew writes records that are in memory into a new file, with their content
// hash, and returns what the writing took.
func anew(ctx context.Context, task process.Task) (took time.Duration, err error) {
	var records []arrow.Record
	err = eachRecord(ctx, task.Pages, 1, func(rec arrow.Record) error {
		rec.Retain()
		records = append(records, rec)
		return nil
	})
	if err != nil {
		return 0, err
	}
	runtime.GC()
	before, err := process.CPU()
	if err != nil {
		return 0, err
	}
	content := rows.NewDigester(schema.InboxConversations())
	err = intoSink(task.Out, exporter.EncodingPortable, func(sink exporter.Sink) error {
		for _, rec := range records {
			content.Add(rec)
			if err := sink.Write(ctx, rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	after, err := process.CPU()
	runtime.KeepAlive(records)
	return after - before, err
}
