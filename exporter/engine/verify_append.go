package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// tableExports is what a destination holds of one table.
type tableExports struct {
	destination exporter.Destination
	// folder is where the files of an append are, appended are their names, and others
	// those of the exports of another mode, as the destination names them.
	folder           string
	appended, others []string
}

// VerifyEach verifies every export at location: of a destination the files of all
// tables, or the files of a folder of an append, or one file. The files of an append are
// checked together, too: each continues one that is there, or contains everything.
func (e *Engine) VerifyEach(ctx context.Context, location string) iter.Seq2[Verification, error] {
	return func(yield func(Verification, error) bool) {
		found, listErr := e.exportsAt(ctx, location)
		files, appends := 0, 0
		for _, one := range found {
			files, appends = files+len(one.others), appends+len(one.appended)
		}
		if appends == 0 && files < 2 {
			one, err := e.Verify(ctx, location)
			if errors.Is(err, fs.ErrNotExist) && listErr != nil {
				err = listErr
			}
			yield(one, err)
			return
		}
		for _, one := range found {
			if !e.verifyTable(ctx, one, yield) {
				return
			}
		}
	}
}

// verifyTable verifies the exports of one table. It reports whether more is wanted.
func (e *Engine) verifyTable(ctx context.Context, found tableExports, yield func(Verification, error) bool) bool {
	lines, ordered, err := e.lines(ctx, found)
	if err != nil {
		yield(Verification{}, err)
		return false
	}
	for _, name := range append(ordered, found.others...) {
		one, err := e.verifyAt(ctx, found.destination, name)
		if line, ok := lines[name]; ok && err == nil {
			line.check(&one)
		}
		if !yield(one, err) || err != nil {
			return false
		}
	}
	return true
}

// exportsAt lists the exports at a location, by table; none, and perhaps an error, where
// the location is something else.
func (e *Engine) exportsAt(ctx context.Context, location string) ([]tableExports, error) {
	if location == "" {
		return nil, nil
	}
	destination, err := e.OpenDestination(location)
	if err != nil {
		return nil, nil //nolint:nilerr // locate says it
	}
	list := func(folder string) (names []string, err error) {
		all, err := destination.List(ctx, folder)
		for _, name := range all {
			if _, ok := e.formatOf(name); ok {
				names = append(names, name)
			}
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", destination.URL(folder), unreadable(err))
		}
		return names, err
	}
	last, beside, besideErr := lastName(location), []string(nil), error(nil)
	var found []tableExports
	var failed []error
	for i, table := range schema.Tables() {
		if last == table.Name && table.Incremental() {
			names, err := list("")
			return []tableExports{{destination: destination, appended: names}}, err
		}
		if i == 0 {
			beside, besideErr = list("")
		}
		one := tableExports{destination: destination, folder: table.Name}
		if table.Incremental() {
			if one.appended, err = list(table.Name); err != nil {
				failed = append(failed, err)
			}
		}
		for _, name := range beside {
			if strings.TrimSuffix(name, path.Ext(name)) == table.Name {
				one.others = append(one.others, name)
			}
		}
		if len(one.appended)+len(one.others) > 0 {
			found = append(found, one)
		}
	}
	return found, errors.Join(append(failed, besideErr)...)
}

// appended is the append export at a location, of the one table that has one there.
func (e *Engine) appended(ctx context.Context, location string) (tableExports, error) {
	found, err := e.exportsAt(ctx, location)
	for _, one := range found {
		if len(one.appended) > 0 {
			return one, err
		}
	}
	return tableExports{}, err
}

// lastName is the last name of the folder that a location names.
func lastName(location string) string {
	if scheme, _ := exporter.LocationScheme(location); scheme != "" {
		if at, err := url.Parse(location); err == nil {
			return path.Base(at.Path)
		}
	}
	whole, err := filepath.Abs(location) // for "." and ".."
	if err != nil {
		whole = location
	}
	return filepath.Base(whole)
}

func (e *Engine) formatOf(name string) (exporter.Format, bool) {
	for _, format := range e.Formats {
		if strings.EqualFold(path.Ext(name), format.Extension()) {
			return format, true
		}
	}
	return nil, false
}

func (e *Engine) verifyAt(ctx context.Context, destination exporter.Destination, name string) (result Verification, err error) {
	format, ok := e.formatOf(name)
	if !ok {
		return Verification{}, fmt.Errorf("%s: no known file format", name)
	}
	file, err := openExport(ctx, destination, format, name)
	if err != nil {
		return Verification{}, fmt.Errorf("%s: %w", destination.URL(name), err)
	}
	defer func() { err = errors.Join(err, file.close()) }()
	return verifyFile(ctx, file, destination.URL(name))
}

// line is how a file of an append goes on from another one.
type line struct {
	// manifest has what the check needs: there may be many files.
	manifest exporter.Manifest
	// from is the file it goes on from; nil when that is not there.
	from *exporter.Manifest
	// beside are the runs that go on from the same file.
	beside []string
}

// lines reads the manifests of the files of an append, and gives the names in the
// order of their lineage.
func (e *Engine) lines(ctx context.Context, at tableExports) (map[string]line, []string, error) {
	byRun, after := make(map[string]exporter.Manifest), make(map[string][]string)
	names := make(map[string]exporter.Manifest)
	for _, name := range at.appended {
		format, _ := e.formatOf(name)
		manifest, _, err := readManifest(ctx, at.destination, format, name)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", at.destination.URL(name), err)
		}
		kept := exporter.Manifest{RunID: manifest.RunID, Previous: manifest.Previous, FullProof: manifest.FullProof, Rows: manifest.Rows}
		names[name], byRun[manifest.RunID] = kept, kept
		if previous := manifest.Previous; previous != nil {
			after[previous.RunID] = append(after[previous.RunID], manifest.RunID)
		}
	}
	lines := make(map[string]line)
	for name, manifest := range names {
		one := line{manifest: manifest}
		if previous := manifest.Previous; previous != nil {
			if from, ok := byRun[previous.RunID]; ok {
				one.from = &from
			}
			for _, run := range after[previous.RunID] {
				if run != manifest.RunID {
					one.beside = append(one.beside, run)
				}
			}
		}
		lines[name] = one
	}
	return lines, inLine(at.appended, names), nil
}

// inLine orders files by their lineage, a file behind the one that it goes on
// from, and else by name: a clock that was ahead once makes no file the newest.
func inLine(names []string, manifests map[string]exporter.Manifest) []string {
	previous := make(map[string]string) // of runs
	for _, manifest := range manifests {
		previous[manifest.RunID] = ""
		if before := manifest.Previous; before != nil {
			previous[manifest.RunID] = before.RunID
		}
	}
	depth := func(name string) (steps int) {
		// No line is longer than there are files, unless somebody made a ring.
		for run := manifests[name].RunID; steps <= len(names); steps++ {
			before, there := previous[run]
			if !there || before == "" {
				break
			}
			run = before
		}
		return steps
	}
	ordered := slices.Clone(names)
	slices.SortStableFunc(ordered, func(a, b string) int { return cmp.Or(cmp.Compare(depth(a), depth(b)), cmp.Compare(a, b)) })
	return ordered
}

// check checks the line among the other files.
func (l line) check(v *Verification) {
	const name = "files before it"
	m := l.manifest
	holdsAll := m.FullProof != nil && m.FullProof.RunID == m.RunID
	switch previous := m.Previous; {
	case previous == nil:
		v.check(name, true, "none: it is the first")
	case l.from == nil && holdsAll:
		v.check(name, true, "run %s is not there any more; the file holds everything itself", previous.RunID)
	case l.from == nil:
		v.check(name, false, "it continues run %s, whose file is missing, and with it the rows of that and earlier files", previous.RunID)
	case l.from.Rows != previous.Rows:
		v.check(name, false, "it continues run %s with %d rows, but the file of that run has %d", previous.RunID, previous.Rows, l.from.Rows)
	case len(l.beside) > 0:
		v.check(name, true, "it continues run %s, as %s does: some rows are in both, none is missing", previous.RunID, strings.Join(l.beside, ", "))
	default:
		v.check(name, true, "it continues run %s", previous.RunID)
	}
}
