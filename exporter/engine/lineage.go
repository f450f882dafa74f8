package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// lineage is the files of an append export, each of which goes on from another one.
type lineage struct {
	destination exporter.Destination
	format      exporter.Format
	table       *schema.Table
}

// head is the file that a run goes on from: with append the newest.
type head struct {
	name     string
	format   exporter.Format
	manifest *exporter.Manifest
	// version is what the run replaces; "" where it writes under another name.
	version exporter.Version
	// pointer names the file; nil unless the layout is versioned.
	pointer *pointed
	// former is what the run removes because the layout was changed.
	former former
	// beside is the digest of the names of all files, for the next one.
	beside string
	// extra is the type of the column for what has no column; "" where no other is possible.
	extra string
	// others are the files that a run added at the same time as another one did.
	others []string
}

// ancestor is what the lineage needs of a file.
type ancestor struct {
	name, runID, previous string
	sequence              int64
}

// head finds the newest file by what the manifests say, since names sort by
// clocks that may have been ahead. A file that was written beside exactly those
// that stand there now is the newest: as a rule the last name, so that one manifest
// is read. Where files have been removed since, all are read: the newest is the one
// that no other went on from. There are two where two runs added files at the same
// time; then it is the one with the longer history, and of equals the last by name.
func (l lineage) head(ctx context.Context) (head, error) {
	names, err := l.files(ctx)
	if err != nil || len(names) == 0 {
		return head{}, errors.Join(err, missingIf(err == nil))
	}
	found := head{beside: digestOfNames(names, ""), format: l.format}
	var files []ancestor
	for i, name := range slices.Backward(names) {
		manifest, err := readManifest(ctx, l.destination, l.format, name)
		switch {
		case errors.Is(err, errForeign) && i < len(names)-1:
			continue // no file of ours, and not in the way of one
		case err != nil:
			return head{name: name}, err
		case manifest.Mode != exporter.ModeAppend: // one of them would not be counted
			return head{name: name}, exporter.WithHint(fmt.Errorf("%s is a version of a %s, and the files of an append would be in the same folder", l.destination.URL(name), manifest.Mode),
				"Choose another destination, or set mode back.")
		case manifest.Beside == digestOfNames(names, name):
			found.name, found.manifest = name, manifest
			return found, nil
		}
		file := ancestor{name: name, runID: manifest.RunID, sequence: manifest.Sequence}
		if manifest.Previous != nil {
			file.previous = manifest.Previous.RunID
		}
		files = append(files, file)
	}
	found.name, found.others = l.youngest(files)
	found.manifest, err = readManifest(ctx, l.destination, l.format, found.name)
	return found, err
}

// youngest picks the newest of some files, which are in the order of their names,
// last first, and the other ends of a lineage that forks.
func (l lineage) youngest(files []ancestor) (name string, others []string) {
	gone := make(map[string]bool)
	numbers := make(map[int64]int)
	for _, file := range files {
		gone[file.previous] = true
		numbers[file.sequence]++
	}
	var newest *ancestor
	for i, file := range files {
		if !gone[file.runID] && (newest == nil || file.sequence > newest.sequence) {
			newest = &files[i]
		}
	}
	if newest == nil { // each names another as the one before: no history of ours
		newest = &files[0]
	}
	for _, file := range files {
		if !gone[file.runID] && file.name != newest.name && numbers[file.sequence] > 1 {
			others = append(others, l.destination.URL(file.name))
		}
	}
	return newest.name, others
}

// files lists the files of an append export, by name.
func (l lineage) files(ctx context.Context) ([]string, error) {
	names, err := l.destination.List(ctx, l.table.Name)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, l.format.Extension()) }), nil
}

// digestOfNames is the digest of all names but one.
func digestOfNames(names []string, but string) string {
	hash := sha256.New()
	for _, name := range names {
		if name != but {
			_, _ = fmt.Fprintf(hash, "%d:%s", len(name), name) // a hash never fails
		}
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

func missingIf(missing bool) error {
	if missing {
		return fs.ErrNotExist
	}
	return nil
}

// earlier yields the rows from oldest to newest of the files of the lineage, back
// to the last one that was a full proof: later files rest on no others.
func (l lineage) earlier(ctx context.Context, plan ExportPlan) func(oldest, newest int64) iter.Seq2[rowVersion, error] {
	return func(oldest, newest int64) iter.Seq2[rowVersion, error] {
		return func(yield func(rowVersion, error) bool) {
			seen := make(map[string]bool)
			for name := plan.head.name; name != "" && !seen[name]; {
				seen[name] = true
				manifest, more, err := l.rowsOf(ctx, name, oldest, newest, yield)
				switch {
				case errors.Is(err, fs.ErrNotExist):
					return // removed: nothing rests on it
				case err != nil:
					yield(rowVersion{}, exporter.WithHint(fmt.Errorf("read the rows of %s: %w", l.destination.URL(name), err),
						"Older rows were read, and only the earlier files show which of them are new. Make the file readable."))
					return
				case !more || manifest.Previous == nil || plan.Increment.FullProof != nil && plan.Increment.FullProof.RunID == manifest.RunID:
					return
				}
				name = l.table.Name + "/" + manifest.Previous.RunID + l.format.Extension()
			}
		}
	}
}

// rowsOf yields the rows of one file. It reports false when no more are wanted.
func (l lineage) rowsOf(
	ctx context.Context, name string, oldest, newest int64, yield func(rowVersion, error) bool,
) (manifest exporter.Manifest, more bool, err error) {
	file, err := openExport(ctx, l.destination, l.format, name)
	if err != nil {
		return exporter.Manifest{}, false, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	manifest = file.manifest
	table, err := tableOf(manifest)
	if err != nil || misses(manifest.Window, oldest, newest) {
		return manifest, true, err
	}
	for rec, err := range file.data.Records(ctx, table) {
		if err != nil {
			return manifest, false, err
		}
		keys, err := table.Keys(rec)
		if err != nil {
			return manifest, false, err
		}
		for row := range int(rec.NumRows()) {
			switch version := keys.Version(row); {
			case version < oldest: // rows come newest first
				return manifest, true, nil
			case version <= newest && !yield(rowVersion{keys.Hash(row), version}, nil):
				return manifest, false, nil
			}
		}
	}
	return manifest, true, nil
}

// misses reports whether no row of the file can be from oldest to newest.
func misses(w exporter.Window, oldest, newest int64) bool {
	return w.NewestActivity != nil && exporter.At(oldest).After(*w.NewestActivity) ||
		w.OldestActivity != nil && oldest != schema.NoVersion && exporter.At(newest).Before(*w.OldestActivity)
}
