package engine_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/array"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// appended makes an append export of three files, and returns their paths.
func (b *bench) appended(t *testing.T) []string {
	t.Helper()
	b.sortableIDs()
	job := in(exporter.ModeAppend, b.job(b.dir))
	var files []string
	for round := range uint64(3) {
		b.churn(10, round, sim.Jump, sim.Insert)
		_, summary := b.mustApply(t, job)
		files = append(files, filepath.FromSlash(summary.Exports[0].File))
	}
	return files
}

// rowsOf reads a file as a report does.
func rowsOf(t *testing.T, file *engine.File) map[string]time.Time {
	t.Helper()
	rows := make(map[string]time.Time)
	_, id, _ := file.Table().Column("id")
	_, activity, _ := file.Table().Column("last_activity_at")
	for rec, err := range file.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for row := range int(rec.NumRows()) {
			key := rec.Column(id).(*array.String).Value(row)
			if _, twice := rows[key]; twice {
				t.Errorf("%s is there twice", key)
			}
			rows[strings.Clone(key)] = rec.Column(activity).(*array.Timestamp).Value(row).ToTime(2).UTC()
		}
	}
	return rows
}

// The files of an append are one export: the newest version of each conversation.
func TestTheFilesOfAnAppendAreReadAsOne(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 300, Seed: 2})
	files := b.appended(t)
	for _, location := range []string{b.dir, b.dir + "/", filepath.Dir(files[0]), filepath.Dir(files[0]) + "/", "file://" + filepath.Dir(files[0])} {
		file, err := b.OpenFile(t.Context(), location)
		if err != nil {
			t.Fatal(location, err)
		}
		if diff := gocmp.Diff(b.truth(), rowsOf(t, file)); diff != "" {
			t.Errorf("%s: %s", location, diff)
		}
		if m := file.Manifest(); file.Files() != 3 || m.Rows != int64(len(b.truth())) || m.RunID != "run-003" || filepath.Base(file.URL()) != "inbox_conversations" {
			t.Errorf("%s: %d files, %d rows, run %s at %s", location, file.Files(), m.Rows, m.RunID, file.URL())
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	one, err := b.OpenFile(t.Context(), files[1])
	if err != nil || one.Files() != 1 || one.Manifest().RunID != "run-002" {
		t.Errorf("one file: %v", err)
	}
	_ = one.Close()

	// What cannot be read as one says so.
	b.mustApply(t, b.job(b.dir))
	if _, err := b.OpenFile(t.Context(), b.dir); err == nil || !strings.Contains(err.Error(), "holds the files of an append and another export") || !strings.HasPrefix(exporter.Hint(err), "Name one: ") {
		t.Errorf("beside a snapshot: %v (%s)", err, exporter.Hint(err))
	}
	other := newBench(t, sim.Options{Users: 1, Conversations: 20, Seed: 9})
	if err := os.Rename(other.appended(t)[0], filepath.Join(filepath.Dir(files[0]), "another.parquet")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenFile(t.Context(), filepath.Dir(files[0])); err == nil || !strings.Contains(err.Error(), "are exports of two teams") || exporter.Hint(err) == "" {
		t.Errorf("with a file of another team: %v (%s)", err, exporter.Hint(err))
	}
}

// verify follows the lineage from file to file.
func TestVerifyFollowsTheFilesOfAnAppend(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, b *bench, files []string)
		want   []string // the check of each file
		ok     bool
	}{
		"all there": {func(*testing.T, *bench, []string) {}, []string{"none: it is the first", "it continues run run-001", "it continues run run-002"}, true},
		"one in the middle is gone": {func(t *testing.T, _ *bench, files []string) { remove(t, files[1]) },
			[]string{"none: it is the first", "it continues run run-002, whose file is missing, and with it the rows of that and earlier files"}, false},
		"the first is gone": {func(t *testing.T, _ *bench, files []string) { remove(t, files[0]) },
			[]string{"it continues run run-001, whose file is missing, and with it the rows of that and earlier files", "it continues run run-002"}, false},
		"a full proof, and what was before it is gone": {func(t *testing.T, b *bench, files []string) {
			b.later(169 * time.Hour)
			b.mustApply(t, in(exporter.ModeAppend, b.job(b.dir)))
			for _, file := range files {
				remove(t, file)
			}
		}, []string{"run run-003 is not there any more; the file holds everything itself"}, true},
		"a name that a clock ahead has made": {func(t *testing.T, _ *bench, files []string) {
			if err := os.Rename(files[0], filepath.Join(filepath.Dir(files[0]), "zzz.parquet")); err != nil {
				t.Fatal(err)
			}
		}, []string{"none: it is the first", "it continues run run-001", "it continues run run-002"}, true},
		"a fork": {func(t *testing.T, b *bench, files []string) {
			away := filepath.Join(t.TempDir(), "away")
			if err := os.Rename(files[2], away); err != nil {
				t.Fatal(err)
			}
			b.mustApply(t, in(exporter.ModeAppend, b.job(b.dir)))
			if err := os.Rename(away, files[2]); err != nil {
				t.Fatal(err)
			}
		}, []string{"none: it is the first", "it continues run run-001", "it continues run run-002, as run-004 does: some rows are in both, none is missing",
			"it continues run run-002, as run-003 does: some rows are in both, none is missing"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 2, Conversations: 60, Seed: 2})
			files := b.appended(t)
			test.change(t, b, files)
			for _, location := range []string{b.dir, filepath.Dir(files[0])} {
				var got []string
				ok := true
				for verified, err := range b.VerifyEach(t.Context(), location) {
					if err != nil {
						t.Fatal(err)
					}
					ok = ok && verified.OK()
					last := verified.Checks[len(verified.Checks)-1]
					if last.Name != "files before it" {
						t.Errorf("the last check is %+v", last)
					}
					got = append(got, last.Detail)
				}
				if diff := gocmp.Diff(test.want, got); diff != "" || ok != test.ok {
					t.Errorf("%s: ok %v %s", location, ok, diff)
				}
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// A folder without an export is no folder that is in the way.
func TestAFolderWithoutAnExportHoldsNone(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	if err := os.MkdirAll(filepath.Join(b.dir, "inbox_conversations"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{b.dir, filepath.Join(b.dir, "inbox_conversations")} {
		_, reportErr := b.OpenFile(t.Context(), location)
		for verified, err := range b.VerifyEach(t.Context(), location) {
			if want := fmt.Sprintf("no export at %s: file does not exist", location); !errors.Is(err, fs.ErrNotExist) || err.Error() != want || reportErr == nil || reportErr.Error() != want {
				t.Errorf("%s: %+v, %v, %v", location, verified, err, reportErr)
			}
		}
	}
}
