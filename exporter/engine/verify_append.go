package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// verifyEach is [Engine.VerifyEach].
func verifyEach(ctx context.Context, from verifier, location string) iter.Seq2[Verification, error] {
	return func(yield func(Verification, error) bool) {
		found, listErr := from.exportsAt(ctx, location)
		files, several := 0, false
		for _, one := range found {
			files, several = files+len(one.others), several || len(one.appended) > 0 || one.isPointed()
		}
		if !several && files < 2 {
			one, err := verify(ctx, from, location)
			if errors.Is(err, fs.ErrNotExist) && listErr != nil {
				err = listErr
			}
			yield(one, err)
			return
		}
		for _, one := range found {
			if !verifyTable(ctx, from, one, yield) {
				return
			}
		}
	}
}

// verifyTable verifies the exports of one table. It reports whether more is wanted.
func verifyTable(ctx context.Context, from verifier, found tableExports, yield func(Verification, error) bool) bool {
	if found.isPointed() {
		one, err := verifyPointed(ctx, from, found)
		if !yield(one, err) || err != nil {
			return false
		}
	}
	lines, ordered, err := linesOf(ctx, from.locator, found)
	if err != nil {
		yield(Verification{}, err)
		return false
	}
	for _, name := range append(ordered, found.others...) {
		one, err := verifyAt(ctx, from, found.destination, name)
		if line, ok := lines[name]; ok && err == nil {
			one.Checks = append(one.Checks, line.check())
		}
		if !yield(one, err) || err != nil {
			return false
		}
	}
	return true
}

func verifyAt(ctx context.Context, from verifier, destination exporter.Destination, name string) (result Verification, err error) {
	file, err := openNamed(ctx, from.locator, destination, name)
	if err != nil {
		return Verification{}, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	return verifyFile(ctx, from.temporary, file, destination.URL(name))
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
func (l line) check() Check {
	const name = "files before it"
	m := l.manifest
	holdsAll := m.FullProof != nil && m.FullProof.RunID == m.RunID
	switch previous := m.Previous; {
	case previous == nil:
		return checked(name, true, "none: it is the first")
	case l.from == nil && holdsAll:
		return checked(name, true, "run %s is not there any more; the file holds everything itself", previous.RunID)
	case l.from == nil:
		return checked(name, false, "it continues run %s, whose file is missing, and with it the rows of that and earlier files", previous.RunID)
	case l.from.Rows != previous.Rows:
		return checked(name, false, "it continues run %s with %d rows, but the file of that run has %d", previous.RunID, previous.Rows, l.from.Rows)
	case len(l.beside) > 0:
		return checked(name, true, "it continues run %s, as %s does: some rows are in both, none is missing", previous.RunID, strings.Join(l.beside, ", "))
	default:
		return checked(name, true, "it continues run %s", previous.RunID)
	}
}

// linesOf reads the manifests of the files of an append, and gives the names in the
// order of their lineage.
func linesOf(ctx context.Context, from locator, at tableExports) (map[string]line, []string, error) {
	byRun, after := make(map[string]exporter.Manifest), make(map[string][]string)
	names := make(map[string]exporter.Manifest)
	for _, name := range at.appended {
		format, _ := from.formatOf(name)
		manifest, err := readManifest(ctx, at.destination, format, name)
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
			if before, ok := byRun[previous.RunID]; ok {
				one.from = &before
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
