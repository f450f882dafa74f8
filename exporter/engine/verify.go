package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// Verification is the result of re-reading a committed export.
type Verification struct {
	File     string            `json:"file"`
	Bytes    int64             `json:"bytes"`
	Manifest exporter.Manifest `json:"manifest"`
	// Checks are the checks in the order they were made.
	Checks []Check `json:"checks"`
}

// Check is one property of the file.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Detail says what was found.
	Detail string `json:"detail"`
}

// OK reports whether every check passed. It says nothing of completeness: see Manifest.Proof.
func (v Verification) OK() bool {
	for _, check := range v.Checks {
		if !check.OK {
			return false
		}
	}
	return true
}

func (v *Verification) check(name string, ok bool, format string, args ...any) {
	v.Checks = append(v.Checks, Check{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

// Verify re-reads the export at location, a file or a destination folder, and
// checks it against its own manifest. The error is about finding and opening
// it; what the file gets wrong are failed checks.
func (e *Engine) Verify(ctx context.Context, location string) (result Verification, err error) {
	file, url, err := e.locate(ctx, location)
	if err != nil {
		return Verification{}, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	return verifyFile(ctx, file, url)
}

func verifyFile(ctx context.Context, file opened, url string) (Verification, error) {
	result := Verification{File: url, Bytes: file.object.Size(), Manifest: file.manifest}
	result.check("footer", true, "manifest version %d of run %s", file.manifest.Version, file.manifest.RunID)
	table, err := tableOf(file.manifest)
	if err != nil {
		result.check("schema", false, "%s", err)
		return result, nil
	}
	if !result.schema(table, file) {
		return result, nil
	}
	result.lineage()
	return result, result.rows(ctx, table, file)
}

// locate opens the export at a location: a file, or the folder that is the
// destination of one.
func (e *Engine) locate(ctx context.Context, location string) (file opened, url string, err error) {
	folder, name := splitLocation(location)
	switch {
	case location == "":
		return opened{}, "", exporter.WithHint(errors.New("no location was given"), verifyHint)
	case filepath.Ext(name) == ".hcl":
		return opened{}, "", exporter.WithHint(fmt.Errorf("%s is a configuration, not an export", exporter.WithoutQuery(location)), verifyHint)
	}
	if _, err := e.OpenDestination(location); err != nil {
		return opened{}, "", err // whatever lies under a part of that name
	}
	formats := e.formats()
	if len(formats) == 0 {
		return opened{}, "", errors.New("no file format is known")
	}
	format := formats[0]
	for _, one := range formats {
		if strings.EqualFold(filepath.Ext(name), one.Extension()) {
			format = one
		}
	}
	fromFile := func() error {
		if name == "" {
			return fs.ErrNotExist
		}
		file, url, err = e.openAt(ctx, folder, format, name)
		return err
	}
	fromFolder := func() error {
		file, url, err = e.onlyExport(ctx, location, formats)
		return err
	}
	asFile := fromFile()
	if asFile == nil || errors.Is(asFile, errForeign) {
		return file, url, asFile
	}
	asFolder := fromFolder()
	if errors.Is(asFile, exporter.ErrNotFile) && asFolder != nil {
		asFile = fs.ErrNotExist // it is a folder, and what is wrong in it counts
	}
	if asFolder == nil || errors.Is(asFolder, errForeign) || errors.Is(asFolder, errAmbiguous) {
		return file, url, asFolder
	}
	if errors.Is(asFile, fs.ErrNotExist) && !errors.Is(asFolder, fs.ErrNotExist) {
		asFile = asFolder // a folder or a bucket that cannot be read
	}
	switch {
	case errors.Is(asFile, fs.ErrNotExist):
		asFile = exporter.WithHint(fmt.Errorf("no export at %s: %w", exporter.WithoutQuery(location), fs.ErrNotExist), verifyHint)
	case exporter.Hint(asFile) == "":
		asFile = exporter.WithHint(asFile, verifyHint)
	}
	return opened{}, "", asFile
}

// formats are the known formats, Parquet first.
func (e *Engine) formats() []exporter.Format {
	var formats []exporter.Format
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(e.Formats))) {
		formats = append(formats, e.Formats[name])
	}
	return formats
}

// onlyExport opens the export in a folder, whatever its table and format. One of a table
// whose rows have versions comes before those that go with it. Two of them are an
// error: nobody said which one is meant.
func (e *Engine) onlyExport(ctx context.Context, folder string, formats []exporter.Format) (opened, string, error) {
	missing := fs.ErrNotExist
	for _, incremental := range []bool{true, false} {
		file, url, err := e.onlyExportOf(ctx, folder, formats, incremental)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, url, err
		}
		if incremental {
			missing = err
		}
	}
	return opened{}, "", missing
}

func (e *Engine) onlyExportOf(ctx context.Context, folder string, formats []exporter.Format, incremental bool) (file opened, url string, err error) {
	missing := fs.ErrNotExist
	for _, table := range schema.Tables() {
		if table.Incremental() != incremental {
			continue
		}
		for _, format := range formats {
			another, at, err := e.openAt(ctx, folder, format, table.Name+format.Extension())
			switch {
			case errors.Is(err, fs.ErrNotExist):
				missing = err
			case err != nil:
				return opened{}, "", errors.Join(err, file.close())
			case file.object != nil:
				return opened{}, "", errors.Join(exporter.WithHint(fmt.Errorf("%s holds %w", exporter.WithoutQuery(folder), errAmbiguous), fmt.Sprintf("Name one: %s or %s.", url, at)),
					another.close(), file.close())
			default:
				file, url = another, at
			}
		}
	}
	if file.object == nil {
		return opened{}, "", missing
	}
	return file, url, nil
}

// splitLocation takes the last name off a path, or off the path of an object
// store's URL, whose settings stay with the folder. A bucket is no name in
// anything.
func splitLocation(location string) (folder, name string) {
	scheme, _, isURL := strings.Cut(location, "://")
	if !isURL || exporter.ObjectParams(strings.ToLower(scheme)) == nil {
		folder, name = filepath.Split(location)
		if folder == "" {
			folder = "."
		}
		return folder, name
	}
	place, query, _ := strings.Cut(location, "?")
	if query != "" {
		query = "?" + query
	}
	cut := strings.LastIndex(place, "/") + 1
	if cut <= len(scheme)+len("://") {
		return location, ""
	}
	return place[:cut] + query, place[cut:]
}

const verifyHint = "Give the exported file, or the folder that is the destination of an export."

func (e *Engine) openAt(ctx context.Context, folder string, format exporter.Format, name string) (opened, string, error) {
	destination, err := e.OpenDestination(folder)
	if err != nil {
		return opened{}, "", err
	}
	file, err := openExport(ctx, destination, format, name)
	if err != nil {
		return opened{}, "", fmt.Errorf("%s: %w", destination.URL(name), err)
	}
	return file, destination.URL(name), nil
}

// schema checks the columns. It reports whether they are the table's.
func (v *Verification) schema(table *schema.Table, file opened) bool {
	if err := file.data.CheckSchema(table); err != nil {
		v.check("schema", false, "%s", err)
		return false
	}
	if v.Manifest.SchemaFingerprint != table.Fingerprint() {
		v.check("schema", false, "the manifest's fingerprint is %s, the table's is %s", v.Manifest.SchemaFingerprint, table.Fingerprint())
		return false
	}
	v.check("schema", true, "%s version %d", table.Name, table.Version)
	return true
}

// rows reads every row and checks what they say together.
func (v *Verification) rows(ctx context.Context, table *schema.Table, file opened) error {
	check := rows.NewChecker(table)
	var altered error
	for rec, err := range file.data.Verify(ctx, table) {
		if err == nil {
			err = check.Add(rec)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failed := file.reads.err(); failed != nil {
			return fmt.Errorf("%s: %w", v.File, failed)
		}
		if errors.Is(err, exporter.ErrTooLarge) {
			return fmt.Errorf("%s: %w", v.File, err)
		}
		if err != nil {
			if errors.Is(err, exporter.ErrAltered) { // behind the last row
				altered = err
				break
			}
			v.check("rows", false, "row %d and on cannot be read: %s", check.Digest().Rows()+1, err)
			return nil
		}
	}
	read, want := check.Digest().Rows(), v.Manifest.Rows
	v.check("rows", read == want && file.data.Rows() == want, "%d read, %d in the manifest, %d in the footer", read, want, file.data.Rows())
	duplicates := check.Duplicates()
	v.check("unique ids", duplicates == 0, "%d ids, %d of them more than once", read, duplicates)
	v.check("order", check.Unordered() == 0, "%d rows are out of order", check.Unordered())
	v.content(contentOf(check.Digest()))
	v.file(file.data.Sealed(), altered)
	return nil
}

// file says how all of the file that holds no rows was found.
func (v *Verification) file(sealed bool, altered error) {
	switch {
	case altered != nil:
		v.check("file", false, "%s", altered)
	case sealed:
		v.check("file", true, "all bytes match their checksums")
	default:
		v.check("file", true, "no checksums: an earlier version wrote the file, and nothing can check its manifest")
	}
}

func (v *Verification) content(found exporter.Content) {
	want := v.Manifest.Content
	if want.Algorithm != found.Algorithm {
		v.check("content hash", false, "the manifest uses %q, this lemexport %q", want.Algorithm, found.Algorithm)
		return
	}
	if want != found {
		v.check("content hash", false, "the rows are not those of the manifest")
		return
	}
	v.check("content hash", true, "sha256 %s", found.SHA256)
}
