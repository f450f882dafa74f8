package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// The kinds of exports at a location.
const (
	// KindFile is one file, KindVersioned a pointer and its versions, and KindAppend a
	// folder of files that continue each other.
	KindFile      = "file"
	KindVersioned = "versioned"
	KindAppend    = "append"
)

// Shown is an export as it describes itself. No row was read: whether the files hold what
// they state is for Verify to say.
type Shown struct {
	// Location is the file, the pointer or the folder.
	Location string `json:"location"`
	Kind     string `json:"kind"`
	// Manifest is that of the newest file, without what it remembers of the newest rows.
	Manifest exporter.Manifest `json:"manifest"`
	// FullProof is the last run that walked every inbox in full and proved it; nil when
	// there is none.
	FullProof *exporter.FullProof `json:"full_proof,omitempty"`
	// Age is the time since the walk of the newest file ended, in seconds.
	Age float64 `json:"age_seconds"`
	// Files are the newest first.
	Files []exporter.StoredFile `json:"files"`
}

// shower describes the exports at a location.
type shower struct {
	from locator
	now  time.Time
}

// each is [Engine.Show].
func (s shower) each(ctx context.Context, location string) iter.Seq2[Shown, error] {
	return func(yield func(Shown, error) bool) {
		found, listErr := s.from.exportsAt(ctx, location)
		if len(found) == 0 {
			file, url, err := s.from.locate(ctx, location)
			if errors.Is(err, fs.ErrNotExist) && listErr != nil {
				err = listErr
			}
			if err != nil {
				yield(Shown{}, err)
				return
			}
			yield(s.shown(url, KindFile, file.manifest, []exporter.StoredFile{storedFile(url, file)}), file.close())
			return
		}
		for _, one := range found {
			if !s.table(ctx, one, yield) {
				return
			}
		}
		if listErr != nil {
			yield(Shown{}, listErr)
		}
	}
}

// table describes what there is of one table. It reports whether more is wanted.
func (s shower) table(ctx context.Context, found tableExports, yield func(Shown, error) bool) bool {
	if found.isPointed() {
		one, err := s.pointed(ctx, found)
		if !yield(one, err) || err != nil {
			return false
		}
	}
	if len(found.appended) > 0 {
		files, newest, err := appendedFiles(ctx, s.from, found)
		stored := make([]exporter.StoredFile, 0, len(files))
		for _, file := range slices.Backward(files) {
			stored = append(stored, file.StoredFile)
		}
		if !yield(s.shown(found.destination.URL(found.folder), KindAppend, newest, stored), err) || err != nil {
			return false
		}
	}
	for _, name := range found.others {
		file, err := openNamed(ctx, s.from, found.destination, name)
		if err != nil {
			yield(Shown{}, err)
			return false
		}
		url := found.destination.URL(name)
		if !yield(s.shown(url, KindFile, file.manifest, []exporter.StoredFile{storedFile(url, file)}), file.close()) {
			return false
		}
	}
	return true
}

func (s shower) pointed(ctx context.Context, found tableExports) (Shown, error) {
	if found.broken != nil {
		return Shown{}, found.broken
	}
	file, pointer, err := openPointed(ctx, s.from, found.destination, found.table.Name)
	if err != nil {
		return Shown{}, fmt.Errorf("%s: %w", found.url(), err)
	}
	return s.shown(found.url(), KindVersioned, file.manifest, versionsAt(found.destination, pointer.Versions)), file.close()
}

func (s shower) shown(location, kind string, newest exporter.Manifest, files []exporter.StoredFile) Shown {
	return Shown{
		Location: location, Kind: kind, Manifest: stated(newest), FullProof: fullProofOf(&newest),
		Age: s.now.Sub(newest.Window.FinishedAt).Seconds(), Files: files,
	}
}

func versionsAt(at exporter.Destination, versions []exporter.StoredFile) []exporter.StoredFile {
	var files []exporter.StoredFile
	for _, one := range versions {
		one.File = at.URL(one.File)
		files = append(files, one)
	}
	return files
}

func storedFile(url string, file opened) exporter.StoredFile {
	m := file.manifest
	return exporter.StoredFile{File: url, RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Rows: m.Rows, Bytes: file.object.Size(), Complete: m.Proof.Complete}
}

// openNamed opens a file in the format of its extension.
func openNamed(ctx context.Context, from locator, at exporter.Destination, name string) (opened, error) {
	format, ok := from.formatOf(name)
	if !ok {
		return opened{}, fmt.Errorf("%s: no known file format", name)
	}
	file, err := openExport(ctx, at, format, name)
	if err != nil {
		return opened{}, fmt.Errorf("%s: %w", at.URL(name), err)
	}
	return file, nil
}

// appendedFile is a file of an append, with its place among the others.
type appendedFile struct {
	exporter.StoredFile
	name     string
	previous string // the run that it continues, "" when it is the first
	started  time.Time
	sequence int64
	holdsAll bool // it rests on no earlier file
}

// appendedFiles reads the footers of the files of an append, and puts them in the order of
// their lineage. It keeps the manifest of the newest only: there may be many files.
func appendedFiles(ctx context.Context, from locator, at tableExports) ([]appendedFile, exporter.Manifest, error) {
	manifests, byName := make(map[string]exporter.Manifest), make(map[string]appendedFile)
	for _, name := range at.appended {
		file, err := openNamed(ctx, from, at.destination, name)
		if err != nil {
			return nil, exporter.Manifest{}, err
		}
		m := file.manifest
		one := appendedFile{
			StoredFile: storedFile(at.destination.URL(name), file), name: name, started: m.Window.StartedAt, sequence: m.Sequence,
			holdsAll: m.Previous == nil || m.FullProof != nil && m.FullProof.RunID == m.RunID,
		}
		if m.Previous != nil {
			one.previous = m.Previous.RunID
		}
		byName[name], manifests[name] = one, exporter.Manifest{RunID: m.RunID, Previous: m.Previous}
		if err := file.close(); err != nil {
			return nil, exporter.Manifest{}, err
		}
	}
	var files []appendedFile
	ordered := inLine(at.appended, manifests)
	for _, name := range ordered {
		files = append(files, byName[name])
	}
	newest, err := openNamed(ctx, from, at.destination, ordered[len(ordered)-1])
	if err != nil {
		return nil, exporter.Manifest{}, err
	}
	return files, newest.manifest, newest.close()
}
