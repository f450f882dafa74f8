package exporter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// write encodes the rows into a new version of the target's file and commits
// it. The manifest comes without what only the rows tell.
func (r *Run) write(ctx context.Context, target target, rows body, manifest Manifest, life lifetime) (result Result, err error) {
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
	var written int64
	for rec, err := range prefetch(rows.records(ctx)) {
		if err != nil {
			return Result{}, err
		}
		if err := sink.Write(ctx, rec); err != nil {
			return Result{}, err
		}
		written += rec.NumRows()
		if err := manifest.Window.extend(target, rec); err != nil {
			return Result{}, err
		}
		r.obs.Observe(RowsWritten{Rows: written})
	}
	if rows.exact && written != rows.total {
		return Result{}, fmt.Errorf("%d rows were written where %d were counted", written, rows.total)
	}
	if rows.sum.rows != written { // one that was carried on
		return Result{}, WithHint(errors.New("the old file does not hold the rows that its manifest counts"),
			"The file was changed after it was written, so it cannot be merged into. lemexport verify says what is wrong with it. Restore it, or choose another destination.")
	}
	if rows.changes != nil && rows.guard != nil {
		if err := rows.guard(*rows.changes); err != nil {
			return Result{}, err
		}
	}
	if reason := life.over(); reason != "" && manifest.Proof.Complete {
		manifest.Proof.outlived(reason) // while the rows were written
		return Result{Manifest: manifest}, incomplete(manifest.Proof)
	}
	manifest.Changes = rows.changes
	manifest.Rows = written
	manifest.Content = rows.sum.content()
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
	keys, err := target.table.Keys(rec)
	if err != nil {
		return err
	}
	rows := int(rec.NumRows())
	active := sort.Search(rows, func(row int) bool { return keys.Version(row) == schema.NoVersion })
	if active == 0 {
		return nil
	}
	if w.NewestActivity == nil {
		newest := At(keys.Version(0))
		w.NewestActivity = &newest
	}
	oldest := At(keys.Version(active - 1))
	w.OldestActivity = &oldest
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
