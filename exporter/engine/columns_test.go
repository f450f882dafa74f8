package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/journal"
	"github.com/lemexport/lemexport/schema"
)

// Two keys of hashes.
const (
	aHashKey     = "69a12ec2184f79b6ace4a14927bee10ebc4c7cd660d0102c9c4a055f4c1c3e5b"
	otherHashKey = "153974cb40dc52601c820f7decbca5acc454307a70ed82f44a9bc6bb49d89c38"
)

func columns(exclude, hash []string, key string) exporter.Columns {
	return exporter.Columns{Selection: schema.Selection{Exclude: exclude, Hash: hash}, HashKey: exporter.NewSecret(key)}
}

// both is a job with an export in each format.
func (b *bench) both(columns exporter.Columns, folders ...string) exporter.Job {
	job := b.job(folders...)
	for i := range job.Exports {
		job.Exports[i].Columns = columns
		if i%2 == 1 {
			job.Exports[i].Format = "arrow"
		}
	}
	return job
}

func TestBothFormatsHoldTheSameRows(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 700, TypeSurprises: true, LoneSurrogates: true})
	other := filepath.Join(t.TempDir(), "other")
	for name, columns := range map[string]exporter.Columns{
		"as they are": {},
		"masked":      columns([]string{"extra", "contact.full_name"}, []string{"contact.email", "users.user_id"}, aHashKey),
	} {
		folders := []string{filepath.Join(b.dir, name), filepath.Join(other, name)}
		b.mustApply(t, b.both(columns, folders...))
		parquet, arrow := b.mustVerify(t, folders[0]), b.mustVerify(t, folders[1])
		if filepath.Ext(parquet.File) == filepath.Ext(arrow.File) {
			t.Errorf("%s and %s", parquet.File, arrow.File)
		}
		if diff := gocmp.Diff(parquet.Manifest, arrow.Manifest); diff != "" {
			t.Errorf("%s: the manifests differ:\n%s", name, diff)
		}
	}
}

func TestAFolderWithTwoFormatsIsAskedAbout(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	b.mustApply(t, b.job(b.dir))
	job := b.job(b.dir)
	job.Exports[0].Format = "arrow"
	b.mustApply(t, job)
	if _, err := b.OpenFile(t.Context(), b.dir); !strings.HasPrefix(exporter.Hint(err), "Name one: ") {
		t.Errorf("open: %v", err)
	}
	verified := 0
	for one, err := range b.VerifyEach(t.Context(), b.dir) {
		if err != nil || !one.OK() {
			t.Errorf("verify: %v, %+v", err, one.Checks)
		}
		verified++
	}
	if verified != 2 {
		t.Errorf("%d files were verified", verified)
	}
	b.mustVerify(t, filepath.Join(b.dir, "inbox_conversations.arrow"))
	b.mustVerify(t, filepath.Join(b.dir, "inbox_conversations.parquet"))
}

func TestThePlanSaysWhatChangesInTheColumns(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 60})
	first := b.both(columns([]string{"extra"}, []string{"contact.email"}, aHashKey), b.dir)
	b.mustApply(t, first)
	for name, test := range map[string]struct {
		columns exporter.Columns
		want    []string
	}{
		"the same": {first.Exports[0].Columns, nil},
		"others": {columns([]string{"contact.full_name"}, []string{"created_by"}, aHashKey), []string{
			"The file has contact.full_name, the new file leaves it out.", "The file leaves out extra, the new file has it.",
			"created_by is hashed from now on.", "contact.email is hashed in the file, and no longer in the new one.",
		}},
		"another key": {columns([]string{"extra"}, []string{"contact.email"}, otherHashKey), []string{
			"The hash key differs: the hashes of the file do not equal those of the new file.",
		}},
		"none": {exporter.Columns{}, []string{
			"The file leaves out extra, the new file has it.", "contact.email is hashed in the file, and no longer in the new one.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := b.Start(t.Context(), b.both(test.columns, b.dir), exporter.Unobserved{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = run.Close() }()
			plan, err := run.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := plan.Exports[0]
			if !slices.Equal(got.SchemaChanges, test.want) || got.Unchanged != (test.want == nil) {
				t.Errorf("changes %q, unchanged %t", got.SchemaChanges, got.Unchanged)
			}
		})
	}
}

func TestTheManifestSaysWhatIsMissingAndNotTheKey(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	const key = aHashKey
	_, summary := b.mustApply(t, b.both(columns([]string{"extra"}, []string{"users.user_id", "contact.email"}, key), b.dir))
	got := summary.Exports[0].Manifest.Columns
	if got == nil || !slices.Equal(got.Excluded, []string{"extra"}) || !slices.Equal(got.Hashed, []string{"contact.email", "users.user_id"}) ||
		got.HashAlgorithm != schema.HashAlgorithm || !strings.HasPrefix(got.HashKeyID, "v2:") || len(got.HashKeyID) != 35 {
		t.Errorf("columns: %+v", got)
	}
	body, err := os.ReadFile(b.file())
	if err != nil || strings.Contains(string(body), key) {
		t.Errorf("the file holds the key, or cannot be read: %v", err)
	}
}

func TestExportsWithDifferentColumnsAreRefused(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 10})
	job := b.job(b.dir, filepath.Join(t.TempDir(), "other"))
	job.Exports[1].Columns = columns([]string{"extra"}, nil, "")
	if _, err := b.Start(t.Context(), job, exporter.Unobserved{}); exporter.Hint(err) == "" {
		t.Errorf("start: %v", err)
	}
}

func TestAJournalOfAnotherKeyIsNotContinued(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 900})
	b.Workspace = journal.NewWorkspace(filepath.Join(t.TempDir(), "work"))
	job := b.job(b.dir)
	b.interrupt(t, job)
	job.Source.APIKey = exporter.NewSecret("another key of the team")
	_, summary, err := b.apply(t, job, engine.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if summary.Proof.Resumed != 0 {
		t.Errorf("%d pages were taken over", summary.Proof.Resumed)
	}
	b.mustVerify(t, b.dir)
}
