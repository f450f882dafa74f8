package engine_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

func TestVerifyFindsWhatAFileGetsWrong(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 60})
	b.mustApply(t, b.job(b.dir))
	table := schema.InboxConversations()
	rows, manifest := load(t, b.file())
	tests := map[string]struct {
		change func(*exporter.Manifest)
		rows   []arrow.Record
		failed string
	}{
		"a row too few":    {rows: []arrow.Record{rows.NewSlice(0, 59)}, failed: "rows"},
		"a row twice":      {rows: []arrow.Record{rows.NewSlice(0, 59), rows.NewSlice(58, 59)}, failed: "unique ids"},
		"another order":    {rows: []arrow.Record{rows.NewSlice(30, 60), rows.NewSlice(0, 30)}, failed: "order"},
		"another content":  {rows: []arrow.Record{rows}, change: func(m *exporter.Manifest) { m.Content.SHA256 = "0" }, failed: "content hash"},
		"another value":    {rows: []arrow.Record{withColumn(t, rows, "contact_id", "created_by")}, failed: "content hash"},
		"another time":     {rows: []arrow.Record{withColumn(t, rows, "fetched_at", "last_activity_at")}, failed: "content hash"},
		"another schema":   {rows: []arrow.Record{rows}, change: func(m *exporter.Manifest) { m.SchemaFingerprint = "0" }, failed: "schema"},
		"an unknown table": {rows: []arrow.Record{rows}, change: func(m *exporter.Manifest) { m.Table = "labels" }, failed: "schema"},
		"another hash":     {rows: []arrow.Record{rows}, change: func(m *exporter.Manifest) { m.Content.Algorithm = "md5" }, failed: "content hash"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			changed := manifest
			if test.change != nil {
				test.change(&changed)
			}
			path := filepath.Join(t.TempDir(), "changed.parquet")
			save(t, path, table, test.rows, changed)
			verified, err := b.Verify(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			failed := slices.ContainsFunc(verified.Checks, func(c engine.Check) bool { return c.Name == test.failed && !c.OK })
			if verified.OK() || !failed {
				t.Errorf("%q did not fail: %+v", test.failed, verified.Checks)
			}
		})
	}
}

// withColumn puts the values of another column in a column's place.
func withColumn(t *testing.T, rec arrow.Record, name, from string) arrow.Record {
	t.Helper()
	_, to, _ := schema.InboxConversations().Column(name)
	_, other, _ := schema.InboxConversations().Column(from)
	changed, err := rec.SetColumn(to, rec.Column(other))
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestVerifySaysWhatIsNoExport(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	if _, err := b.Verify(t.Context(), b.dir); !errors.Is(err, fs.ErrNotExist) || exporter.Hint(err) == "" {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := b.Verify(t.Context(), "main.hcl"); err == nil || exporter.Hint(err) == "" {
		t.Errorf("a configuration: %v", err)
	}
	if _, err := b.Verify(t.Context(), ""); err == nil || exporter.Hint(err) == "" {
		t.Errorf("no location: %v", err)
	}
	garbage := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(garbage, []byte("PAR1 nothing PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Verify(t.Context(), garbage); err == nil {
		t.Error("garbage was opened")
	}
}

func TestVerifyTakesAFileOrAFolderWhateverItsName(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	b.dir = filepath.Join(t.TempDir(), "lake.parquet")
	b.mustApply(t, b.job(b.dir))
	body, err := os.ReadFile(b.file())
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), `a\b plain`)
	if err := os.WriteFile(plain, body, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{b.dir, b.dir + "/", b.file(), "file://" + b.file(), plain} {
		b.mustVerify(t, location)
	}
}

func TestAPlanNamesTheUsersItDrops(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 60})
	b.mustApply(t, b.job(b.dir))
	job := b.job(b.dir)
	users := b.team.UserIDs()
	job.Source.Users = users[:1]
	plan, _, err := b.apply(t, job, engine.ApplyOptions{AllowShrink: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(users[1:], plan.Exports[0].DroppedUsers); diff != "" {
		t.Errorf("dropped users (-want +got):\n%s", diff)
	}
}

// load reads a whole export into one record.
func load(t *testing.T, path string) (arrow.Record, exporter.Manifest) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := parquet.Format{}.Open(strings.NewReader(string(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var manifest exporter.Manifest
	if err := json.Unmarshal(data.Manifest(), &manifest); err != nil {
		t.Fatal(err)
	}
	for rec, err := range data.Records(t.Context(), schema.InboxConversations()) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.NumRows() != manifest.Rows {
			t.Fatalf("the first batch holds %d of %d rows", rec.NumRows(), manifest.Rows)
		}
		rec.Retain()
		return rec, manifest
	}
	t.Fatal("no rows")
	return nil, manifest
}

// save writes a file that need not be right.
func save(t *testing.T, path string, table *schema.Table, rows []arrow.Record, manifest exporter.Manifest) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	sink, err := parquet.Format{}.Create(file, table, exporter.Export{Parquet: exporter.ParquetOptions{Compression: "zstd"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range rows {
		if err := sink.Write(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	body, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Finish(body); err != nil {
		t.Fatal(err)
	}
}
