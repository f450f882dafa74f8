package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// Verification is the result of re-reading a committed export.
type Verification struct {
	File     string            `json:"file"`
	Bytes    int64             `json:"bytes"`
	Manifest exporter.Manifest `json:"manifest"`
	// Pointer is what names File; "" unless the layout is versioned.
	Pointer string `json:"pointer,omitempty"`
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

// checked is a check and what it found.
func checked(name string, ok bool, format string, args ...any) Check {
	return Check{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)}
}

// verifier is what a verification takes: where exports are, and temporary files.
type verifier struct {
	locator
	temporary temporary
}

// verify is [Engine.Verify].
func verify(ctx context.Context, from verifier, location string) (result Verification, err error) {
	file, url, err := from.locate(ctx, location)
	if err != nil {
		return Verification{}, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	return verifyFile(ctx, from.temporary, file, url)
}

func verifyFile(ctx context.Context, temporary temporary, file opened, url string) (Verification, error) {
	result := Verification{File: url, Bytes: file.object.Size(), Manifest: file.manifest}
	add := func(checks ...Check) { result.Checks = append(result.Checks, checks...) }
	add(checked("footer", true, "manifest version %d of run %s", file.manifest.Version, file.manifest.RunID))
	table, err := tableOf(file.manifest)
	if err != nil {
		add(checked("schema", false, "%s", err))
		return result, nil
	}
	columns := checkSchema(file, table)
	if add(columns); !columns.OK {
		return result, nil
	}
	if file.manifest.Mode != exporter.ModeSnapshot { // a snapshot has no lineage
		add(checkLineage(file.manifest))
	}
	found, err := checkRows(ctx, temporary, file, url, table)
	add(found...)
	return result, err
}

// checkSchema checks the columns.
func checkSchema(file opened, table *schema.Table) Check {
	if err := file.data.CheckSchema(table); err != nil {
		return checked("schema", false, "%s", err)
	}
	if stated := file.manifest.SchemaFingerprint; stated != table.Fingerprint() {
		return checked("schema", false, "the manifest's fingerprint is %s, the table's is %s", stated, table.Fingerprint())
	}
	return checked("schema", true, "%s version %d", table.Name, table.Version)
}

// checkRows reads every row, and checks them one by one and together.
func checkRows(ctx context.Context, temporary temporary, file opened, url string, table *schema.Table) (checks []Check, err error) {
	ids := temporary.idIndex()
	defer func() { err = errors.Join(err, ids.Close()) }()
	checker := rows.NewChecker(table, ids)
	var altered error
	for rec, err := range file.data.Verify(ctx, table) {
		if err == nil {
			err = checker.Add(rec)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if failed := file.reads.err(); failed != nil {
			return nil, fmt.Errorf("%s: %w", url, failed)
		}
		if errors.Is(err, exporter.ErrTooLarge) || errors.Is(err, rows.ErrIndexWrite) {
			return nil, fmt.Errorf("%s: %w", url, err)
		}
		if err != nil {
			if errors.Is(err, exporter.ErrAltered) { // behind the last row
				altered = err
				break
			}
			return []Check{checked("rows", false, "row %d and on cannot be read: %s", checker.Digest().Rows()+1, err)}, nil
		}
	}
	duplicates, err := checker.Duplicates()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	read, want, footer := checker.Digest().Rows(), file.manifest.Rows, file.data.Rows()
	return []Check{
		checked("rows", read == want && footer == want, "%d read, %d in the manifest, %d in the footer", read, want, footer),
		checked("unique ids", duplicates == 0, "%d ids, %d of them more than once", read, duplicates),
		checked("order", checker.Unordered() == 0, "%d rows are out of order", checker.Unordered()),
		checkContent(contentOf(checker.Digest()), file.manifest.Content),
		checkFile(file.data.Sealed(), altered),
	}, nil
}

// checkContent compares the content hash of the rows with that of the manifest.
func checkContent(found, want exporter.Content) Check {
	switch {
	case want.Algorithm != found.Algorithm:
		return checked("content hash", false, "the manifest uses %q, this lemexport %q", want.Algorithm, found.Algorithm)
	case want != found:
		return checked("content hash", false, "the rows are not those of the manifest")
	}
	return checked("content hash", true, "sha256 %s", found.SHA256)
}

// checkFile checks the bytes of the file that hold no rows.
func checkFile(sealed bool, altered error) Check {
	switch {
	case altered != nil:
		return checked("file", false, "%s", altered)
	case sealed:
		return checked("file", true, "all bytes match their checksums")
	}
	return checked("file", true, "no checksums: an earlier version wrote the file, and nothing can check its manifest")
}
