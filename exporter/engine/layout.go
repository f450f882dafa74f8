package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// former is what a run removes after its commit because the layout was changed: the file
// of the layout "current", or the pointer of the other one and its files.
type former struct {
	names []string
	// version is that of the first name: what another run has replaced meanwhile stays.
	version exporter.Version
}

// layout finds the file of a target, in either layout.
type layout struct{ target }

// single is the name of the file of the layout "current".
func (t layout) single() string { return t.table.Name + t.format.Extension() }

// headOfTable finds the file that a snapshot replaces and a merge goes on from: in the
// layout of the target or, when the layout was changed, in the other one.
func (t layout) headOfTable(ctx context.Context) (head, error) {
	single := head{name: t.single(), format: t.format}
	file, err := openExport(ctx, t.destination, t.format, t.single())
	if err == nil {
		err = file.close()
	}
	switch {
	case err == nil && t.Versioned() && file.manifest.Table != t.table.Name: // in nobody's way
	case err == nil:
		single.manifest, single.version, single.extra = &file.manifest, file.object.Version(), extraOf(file.data)
	case !errors.Is(err, fs.ErrNotExist) && (!t.Versioned() || !errors.Is(err, errForeign)):
		return single, err
	}
	versions, err := t.headOfVersions(ctx)
	if err != nil {
		return versions, err
	}
	switch {
	case single.manifest == nil && versions.manifest == nil:
		return head{}, fs.ErrNotExist
	case t.Versioned() && versions.manifest != nil:
		if single.manifest != nil {
			versions.former = former{[]string{single.name}, single.version}
		}
		return versions, nil
	case t.Versioned():
		single.former = former{[]string{single.name}, single.version}
		single.version = ""
		return single, nil
	case single.manifest == nil:
		versions.former, versions.pointer = formerVersions(versions.pointer), nil
		return versions, nil
	case versions.manifest != nil:
		single.former = formerVersions(versions.pointer)
	}
	return single, nil
}

// extraOf is the type of the column for what has no column; "" where no other is possible.
func extraOf(file exporter.DataFile) string {
	if formed, ok := unnamed(file).(exporter.FormedFile); ok {
		return formed.Extra()
	}
	return ""
}

// headOfVersions finds the file that the pointer names; one without a manifest when there
// is no pointer.
func (t layout) headOfVersions(ctx context.Context) (head, error) {
	found := head{name: exporter.PointerName(t.table.Name)}
	file, pointer, err := openPointed(ctx, t.from, t.destination, t.table.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errForeign) && !t.Versioned():
		return found, nil
	case errors.Is(err, errForeign):
		return found, err
	case err != nil:
		return found, fmt.Errorf("%s: %w", t.destination.URL(found.name), err)
	}
	found.name, found.pointer, found.manifest, found.extra = pointer.File, pointer, &file.manifest, extraOf(file.data)
	found.format, _ = t.from.formatOf(pointer.File)
	return found, file.close()
}

func formerVersions(pointer *pointed) former {
	gone := former{[]string{exporter.PointerName(pointer.Table)}, pointer.version}
	for _, one := range pointer.Versions {
		gone.names = append(gone.names, one.File)
	}
	return gone
}

// versionsFolder is what the folder of a versioned layout holds.
type versionsFolder struct {
	// names are those of all files; strays are the files of ours that no pointer names:
	// runs have left them that ended before they moved it, or after.
	names, strays []string
}

// folderOf lists the files of a versioned layout. The files of an append there are an
// error: every file of theirs counts, and of versions one.
func folderOf(ctx context.Context, from locator, at exporter.Destination, table, except string, pointer *pointed) (versionsFolder, error) {
	names, err := at.List(ctx, table)
	found := versionsFolder{names: names}
	if err != nil {
		return found, err
	}
	for _, name := range names {
		format, known := from.formatOf(name)
		if !known || name == except || pointer != nil && pointer.names(name) {
			continue
		}
		manifest, err := readManifest(ctx, at, format, name)
		switch {
		case ctx.Err() != nil:
			return found, ctx.Err()
		case err != nil: // nobody knows what it is, so it stays
		case manifest.Mode == exporter.ModeAppend:
			return found, exporter.WithHint(fmt.Errorf("%s is a file of an append export, and the versions of a snapshot or a merge would be in the same folder", at.URL(name)),
				"Choose another destination, or set mode to append.")
		case manifest.Table == table && name == table+"/"+manifest.RunID+format.Extension():
			found.strays = append(found.strays, name)
		}
	}
	return found, nil
}

// removes are the files that a run removes once its own is in place.
func (t layout) removes(ctx context.Context, now head) ([]string, error) {
	gone := slices.Clone(now.former.names)
	if !t.Versioned() {
		return gone, nil
	}
	there, err := folderOf(ctx, t.from, t.destination, t.table.Name, t.name, now.pointer)
	if err != nil {
		return nil, err
	}
	_, dropped := keptVersions(exporter.StoredFile{}, now.pointer, there, t.Keep)
	return slices.Concat(gone, dropped, there.strays), nil
}
