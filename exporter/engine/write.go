package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// write encodes the rows into a new version of the target's file and commits it.
// guard looks at the changes of a merge before that. The manifest comes without what
// only the rows tell.
func (r *Run) write(ctx context.Context, target lockedTarget, from contents, guard func(exporter.Changes) error, manifest exporter.Manifest, life lifetime) (result Result, err error) {
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

	r.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWrite, Total: from.total, Table: r.named(target.table)})
	var written int64
	done, err := from.pass(ctx, func(rec arrow.Record) error {
		if err := sink.Write(ctx, rec); err != nil {
			return err
		}
		written += rec.NumRows()
		keys, err := target.table.Keys(rec)
		if err != nil {
			return err
		}
		manifest.Window = extended(manifest.Window, keys)
		r.obs.Observe(exporter.RowsWritten{Rows: written})
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	if from.exact && written != from.total {
		return Result{}, fmt.Errorf("%d rows were written where %d were counted", written, from.total)
	}
	if done.digest.Rows() != written { // one that was carried on
		return Result{}, exporter.WithHint(errors.New("the old file does not have as many rows as its manifest says"),
			"The file was changed after it was written, so it cannot be merged into. Run lemexport verify on it to see what is wrong. Restore it, or choose another destination.")
	}
	if done.changes != nil && guard != nil {
		if err := guard(*done.changes); err != nil {
			return Result{}, err
		}
	}
	if reason := life.over(); reason != "" && manifest.Proof.Complete {
		manifest.Proof = outlived(manifest.Proof, reason) // while the rows were written
		return Result{Manifest: manifest}, incomplete(manifest.Proof)
	}
	manifest.Changes = done.changes
	manifest.Rows = written
	manifest.Content = contentOf(done.digest)
	text, err := json.Marshal(manifest)
	if err != nil {
		return Result{}, fmt.Errorf("encode manifest: %w", err)
	}
	if err := sink.Finish(text); err != nil {
		return Result{}, err
	}

	r.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseCommit, Table: r.named(target.table)})
	if err := upload.Commit(ctx); err != nil {
		return Result{}, target.nameWinner(ctx, err)
	}
	return Result{File: target.url(), Bytes: out.written, Manifest: manifest}, nil
}

// extended is the span of activity with the rows of those keys, which come newest first.
func extended(span exporter.Window, keys schema.Keys) exporter.Window {
	active := sort.Search(keys.Len(), func(row int) bool { return keys.Version(row) == schema.NoVersion })
	if active == 0 {
		return span
	}
	if span.NewestActivity == nil {
		newest := exporter.At(keys.Version(0))
		span.NewestActivity = &newest
	}
	oldest := exporter.At(keys.Version(active - 1))
	span.OldestActivity = &oldest
	return span
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
