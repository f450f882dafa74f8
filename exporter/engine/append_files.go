package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// unionFile is one file of an append export.
type unionFile struct {
	opened
	name string
	// first is the number of its first row among those of all files.
	first int64
}

// union is the files of an append export, read as one: of each conversation the
// newest version, of equal ones that of the newest file. It keeps a few bits for
// each row in memory, and an entry in a temporary file.
type union struct {
	files []unionFile // the oldest first
	index *rows.Index
	rows  int64
}

func (u *union) close() error {
	var failed []error
	for _, file := range u.files {
		failed = append(failed, file.close())
	}
	if u.index != nil {
		failed = append(failed, u.index.Close())
	}
	return errors.Join(failed...)
}

// openUnion opens the files of an append export below a folder.
func openUnion(ctx context.Context, from locator, temporary temporary, at tableExports) (_ *File, err error) {
	u := new(union)
	defer func() {
		if err != nil {
			err = errors.Join(err, u.close())
		}
	}()
	for _, name := range at.appended {
		format, _ := from.formatOf(name)
		file, err := openExport(ctx, at.destination, format, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at.destination.URL(name), err)
		}
		u.files = append(u.files, unionFile{opened: file, name: name})
	}
	manifests := make(map[string]exporter.Manifest)
	for _, file := range u.files {
		manifests[file.name] = file.manifest
	}
	place := make(map[string]int)
	for i, name := range inLine(at.appended, manifests) {
		place[name] = i
	}
	slices.SortFunc(u.files, func(a, b unionFile) int { return cmp.Compare(place[a.name], place[b.name]) })
	newest := u.files[len(u.files)-1]
	newestURL := at.destination.URL(newest.name)
	table, err := tableOf(newest.manifest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", newestURL, err)
	}
	for _, file := range u.files {
		if err := fits(file, newest.manifest, table); err != nil {
			return nil, exporter.WithHint(fmt.Errorf("%s and %s %w", at.destination.URL(file.name), newestURL, err), "Name one of the files.")
		}
	}
	if err := u.count(ctx, temporary, table); err != nil {
		return nil, err
	}
	return &File{opened: opened{object: newest.object, manifest: u.manifest(newest.manifest)}, table: table, url: at.destination.URL(at.folder), union: u}, nil
}

// fits says why a file cannot be read together with the newest one.
func fits(file unionFile, newest exporter.Manifest, table *schema.Table) error {
	m := file.manifest
	was, ok := table.AsOf(m.SchemaVersion)
	switch {
	case m.Source.TeamID != newest.Source.TeamID || m.Simulated != newest.Simulated:
		return errors.New("are exports of two teams")
	case m.Table != newest.Table:
		return errors.New("hold two tables")
	case !ok || was.Fingerprint() != m.SchemaFingerprint:
		return errors.New("have different columns")
	case m.Columns.KeyID() != newest.Columns.KeyID():
		return errors.New("have hashes of different keys, or key ids of versions that cannot be compared")
	}
	return file.data.CheckSchema(was)
}

// count reads the keys of all rows, and decides which stay.
func (u *union) count(ctx context.Context, temporary temporary, table *schema.Table) (err error) {
	if u.index, err = temporary.index(); err != nil {
		return err
	}
	for i := range u.files {
		file := &u.files[i]
		file.first = u.index.Len()
		for rec, err := range upgraded(ctx, file.data, table, file.manifest.SchemaVersion) {
			if err != nil {
				return cmp.Or(file.reads.err(), err)
			}
			keys, err := table.Keys(rec)
			if err == nil {
				err = u.index.Add("", keys)
			}
			if err != nil {
				return err
			}
		}
		if read := u.index.Len() - file.first; read != file.manifest.Rows {
			return exporter.WithHint(fmt.Errorf("%s holds %d rows, its manifest says %d", file.name, read, file.manifest.Rows), "Run lemexport verify on it to see what is wrong.")
		}
	}
	lost, err := u.index.Losers()
	u.rows = u.index.Len() - lost
	return err
}

// manifest is that of the newest file, with the rows and the activities of all.
func (u *union) manifest(of exporter.Manifest) exporter.Manifest {
	of.Rows, of.Changes, of.Content = u.rows, nil, exporter.Content{}
	unknown := make([][]string, 0, len(u.files))
	for _, file := range u.files {
		if oldest := file.manifest.Window.OldestActivity; oldest != nil && (of.Window.OldestActivity == nil || oldest.Before(*of.Window.OldestActivity)) {
			of.Window.OldestActivity = oldest
		}
		if newest := file.manifest.Window.NewestActivity; newest != nil && (of.Window.NewestActivity == nil || newest.After(*of.Window.NewestActivity)) {
			of.Window.NewestActivity = newest
		}
		unknown = append(unknown, file.manifest.UnknownFields)
	}
	of.UnknownFields = exporter.JoinNames(unknown...)
	return of
}

// records yields the rows that stay, the newest file first.
func (u *union) records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for _, file := range slices.Backward(u.files) {
			row := file.first
			for rec, err := range upgraded(ctx, file.data, table, file.manifest.SchemaVersion) {
				if err != nil {
					yield(nil, cmp.Or(file.reads.err(), err))
					return
				}
				more := u.pass(rec, row, table, yield)
				if row += rec.NumRows(); !more {
					return
				}
			}
		}
	}
}

// pass yields the rows of a record that stay; row is the number of the first.
func (u *union) pass(rec arrow.Record, row int64, table *schema.Table, yield func(arrow.Record, error) bool) bool {
	var stay []rows.Piece
	for i := range int(rec.NumRows()) {
		switch last := len(stay) - 1; {
		case u.index.IsLost(row + int64(i)):
		case last >= 0 && stay[last].To == i:
			stay[last].To++
		default:
			stay = append(stay, rows.Piece{Rec: rec, From: i, To: i + 1})
		}
	}
	if len(stay) == 0 {
		return true
	}
	kept := rows.Concat(table.Arrow(), stay)
	defer kept.Release()
	return yield(kept, nil)
}
