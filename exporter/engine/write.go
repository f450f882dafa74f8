package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// fileWriter writes the new version of one file.
type fileWriter struct {
	target lockedTarget
	// guarded is the plan whose guard looks at the changes of a merge; nil lets any
	// number of rows go.
	guarded *ExportPlan
	life    lifetime
	obs     exporter.Observer
	table   string // in events
}

// write encodes the rows into a new version of the target's file and commits it.
// The manifest comes without what only the rows tell.
func (w fileWriter) write(ctx context.Context, from contents, manifest exporter.Manifest) (result Result, err error) {
	target := w.target
	upload, err := target.destination.Create(ctx, target.name, target.over())
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, upload.Abort()) }()
	out, hash := &countingWriter{to: upload}, sha256.New()
	if target.Versioned() {
		out.to = io.MultiWriter(upload, hash)
	}
	sink, err := target.format.Create(out, target.table, target.Export)
	if err != nil {
		return Result{}, err
	}

	w.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWrite, Total: from.total, Table: w.table})
	var written int64
	done, err := from.pass(ctx, sink, func(rec arrow.Record) error {
		if err := sink.Write(ctx, rec); err != nil {
			return err
		}
		written += rec.NumRows()
		keys, err := target.table.Keys(rec)
		if err != nil {
			return err
		}
		manifest.Window = extended(manifest.Window, keys)
		w.obs.Observe(exporter.RowsWritten{Rows: written})
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	if done.taken > 0 {
		written += done.taken
		manifest.Window = wider(manifest.Window, done.span)
		w.obs.Observe(exporter.RowsWritten{Rows: written})
	}
	if from.exact && written != from.total {
		return Result{}, fmt.Errorf("%d rows were written where %d were counted", written, from.total)
	}
	if done.digest.Rows() != written { // one that was carried on
		return Result{}, exporter.WithHint(errors.New("the old file does not have as many rows as its manifest says"),
			"The file was changed after it was written, so it cannot be merged into. Run lemexport verify on it to see what is wrong. Restore it, or choose another destination.")
	}
	if done.changes != nil && w.guarded != nil {
		if err := guardMerge(*w.guarded, *done.changes); err != nil {
			return Result{}, err
		}
	}
	if reason := w.life.over(); reason != "" && manifest.Proof.Complete {
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

	w.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseCommit, Table: w.table})
	if err := upload.Commit(ctx); err != nil {
		return Result{}, nameWinner(ctx, target.target, err)
	}
	result = Result{File: target.url(), Bytes: out.written, Manifest: manifest}
	if !target.Versioned() {
		return publisher{target}.clean(ctx, result, nil, nil), nil
	}
	result.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return publisher{target}.publish(ctx, result)
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

// nameWinner says, once, which run a commit came too late for: the destination
// knows it, or the file that is there now does.
func nameWinner(ctx context.Context, t target, err error) error {
	if !errors.Is(err, exporter.ErrConflict) {
		return err
	}
	const hint = "The destination contains the export of the other run. Plan again, and apply if there is still something to do."
	if conflict, ok := errors.AsType[exporter.ConflictError](err); ok && conflict.RunID != "" {
		return exporter.WithHint(err, hint)
	}
	if t.Versioned() {
		there, readErr := readPointer(ctx, t.destination, t.table.Name)
		if readErr != nil {
			return exporter.WithHint(fmt.Errorf("%w (the pointer that is there now cannot be read: %w)", err, readErr), hint)
		}
		return exporter.WithHint(fmt.Errorf("%w: run %s", err, there.MovedBy), hint)
	}
	there, readErr := readManifest(ctx, t.destination, t.format, t.name)
	if readErr != nil {
		return exporter.WithHint(fmt.Errorf("%w (the file that is there now cannot be read: %w)", err, readErr), hint)
	}
	return exporter.WithHint(fmt.Errorf("%w: run %s", err, there.RunID), hint)
}
