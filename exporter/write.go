package exporter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
)

// write encodes the rows into a new version of the target's file and commits
// it. The manifest comes without what only the rows tell.
func (r *Run) write(ctx context.Context, target target, rows body, manifest Manifest) (result Result, err error) {
	upload, err := target.destination.Create(ctx, target.name, target.over)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, upload.Abort()) }()
	out := &countingWriter{to: upload}
	sink, err := target.format.Create(out, target.table, target.Export)
	if err != nil {
		return Result{}, err
	}

	r.obs.Observe(PhaseStarted{Phase: PhaseWrite, Total: rows.total})
	content := newDigester(target.table)
	for rec, err := range rows.records(ctx) {
		if err != nil {
			return Result{}, err
		}
		if err := sink.Write(ctx, rec); err != nil {
			return Result{}, err
		}
		content.add(rec)
		if err := manifest.Window.extend(target, rec); err != nil {
			return Result{}, err
		}
		r.obs.Observe(RowsWritten{Rows: content.rows})
	}
	if rows.exact && content.rows != rows.total {
		return Result{}, fmt.Errorf("%d rows were written where %d were counted", content.rows, rows.total)
	}
	manifest.Changes = rows.changes
	manifest.Rows = content.rows
	manifest.Content = content.content()
	body, err := json.Marshal(manifest)
	if err != nil {
		return Result{}, fmt.Errorf("encode manifest: %w", err)
	}
	if err := sink.Finish(body); err != nil {
		return Result{}, err
	}

	r.obs.Observe(PhaseStarted{Phase: PhaseCommit})
	if err := upload.Commit(ctx); err != nil {
		return Result{}, target.nameWinner(ctx, err)
	}
	return Result{File: target.url(), Bytes: out.written, Manifest: manifest}, nil
}

// extend widens the span of activity by a record's rows, which come newest first.
func (w *Window) extend(target target, rec arrow.Record) error {
	keys, err := keysOf(target.table, rec)
	if err != nil {
		return err
	}
	for row := range int(rec.NumRows()) {
		if keys.version(row) == neverActive {
			break
		}
		at := time.UnixMicro(keys.version(row)).UTC()
		if w.NewestActivity == nil {
			w.NewestActivity = &at
		}
		w.OldestActivity = &at
	}
	return nil
}

type countingWriter struct {
	to      io.Writer
	written int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.written += int64(n)
	return n, err
}
