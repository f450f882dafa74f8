package engine

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// publisher makes a committed file the current one of its target, and removes what that
// leaves behind.
type publisher struct{ lockedTarget }

// publish moves the pointer to a file that was just committed, and then removes what is
// no longer kept. Until the pointer is moved nothing refers to the file.
func (t publisher) publish(ctx context.Context, result Result) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, errors.Join(err, t.destination.Remove(context.WithoutCancel(ctx), t.name))
	}
	// From here on an interrupt waits: one that ended a request could leave it open which
	// file the pointer names.
	moving := context.WithoutCancel(ctx)
	// The folder is listed before the pointer is moved. Whoever wrote a file that stands
	// there and that the pointer does not name has read the pointer before, and so can no
	// longer move it: nothing will ever refer to that file.
	there, listErr := folderOf(moving, t.from, t.destination, t.table.Name, t.name, t.old.pointer)
	m := result.Manifest
	versions, dropped := keptVersions(exporter.StoredFile{
		File: t.name, RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Rows: m.Rows, Bytes: result.Bytes, Complete: m.Proof.Complete,
	}, t.old.pointer, there, t.Keep)
	pointer := exporter.Pointer{
		Layout: exporter.PointerVersion, Table: t.table.Name, File: t.name, Bytes: result.Bytes, SHA256: result.SHA256,
		MovedBy: m.RunID, Versions: versions, Manifest: stated(m),
	}
	over := exporter.Version("")
	if t.old.pointer != nil {
		over = t.old.pointer.version
	}
	if err := movePointer(moving, t.destination, pointer, over); err != nil {
		if errors.Is(err, exporter.ErrConflict) { // so it is certain that nothing names the file
			err = errors.Join(nameWinner(moving, t.target, err), t.destination.Remove(moving, t.name))
		}
		return Result{}, err
	}
	result.Pointer = t.destination.URL(exporter.PointerName(t.table.Name))
	gone := slices.Concat(dropped, there.strays)
	if listErr != nil {
		gone = nil // the next run finds them
	}
	return t.clean(ctx, result, gone, listErr), nil
}

// movePointer commits a pointer over the version that was read.
func movePointer(ctx context.Context, to exporter.Destination, pointer exporter.Pointer, over exporter.Version) (err error) {
	body, err := encodePointer(pointer)
	if err != nil {
		return err
	}
	upload, err := to.Create(ctx, exporter.PointerName(pointer.Table), over)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, upload.Abort()) }()
	if _, err := upload.Write(body); err != nil {
		return err
	}
	return upload.Commit(ctx)
}

// keptVersions are the versions of a pointer with a new one, and the files of those that
// are not kept. A version whose file somebody has removed is none.
func keptVersions(newest exporter.StoredFile, before *pointed, there versionsFolder, keep int) (kept []exporter.StoredFile, dropped []string) {
	kept = []exporter.StoredFile{newest}
	if before == nil {
		return kept, nil
	}
	for _, one := range before.Versions {
		switch {
		case len(kept) >= cmp.Or(keep, exporter.DefaultKeep):
			dropped = append(dropped, one.File)
		case len(there.names) == 0 || slices.Contains(there.names, one.File):
			kept = append(kept, one)
		}
	}
	return kept, dropped
}

// clean removes files that a committed export no longer needs, and those of the former
// layout. What cannot be removed is no failure of the export: the result says it, and the
// next run tries again.
func (t publisher) clean(ctx context.Context, result Result, names []string, failed error) Result {
	former, err := t.unchangedFormer(ctx)
	failed = errors.Join(failed, err)
	for _, name := range slices.Concat(former, names) {
		if err := t.destination.Remove(ctx, name); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		result.Removed = append(result.Removed, t.destination.URL(name))
	}
	if failed != nil {
		result.NotRemoved = failed.Error()
	}
	return result
}

// unchangedFormer are the files of the former layout, unless another run has written them
// meanwhile.
func (t publisher) unchangedFormer(ctx context.Context) ([]string, error) {
	names := t.old.former.names
	if len(names) == 0 {
		return nil, nil
	}
	now, err := t.destination.Open(ctx, names[0])
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return names[1:], nil
	case err != nil:
		return nil, err
	case now.Version() != t.old.former.version:
		names = nil
	}
	return names, now.Close()
}
