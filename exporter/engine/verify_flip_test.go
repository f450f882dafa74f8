package engine_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// The formats test every bit; here some of them go all the way.
func TestVerifyFindsAFlippedBit(t *testing.T) {
	for _, format := range []string{"parquet", "arrow"} {
		b := newBench(t, sim.Options{Users: 2, Conversations: 30})
		job := b.job(b.dir)
		job.Exports[0].Format = format
		b.mustApply(t, job)
		file, err := os.ReadFile(filepath.Join(b.dir, "inbox_conversations."+format))
		if err != nil {
			t.Fatal(err)
		}
		damaged := filepath.Join(t.TempDir(), "damaged."+format)
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			at, mask := random.IntN(len(file)), byte(1)<<random.IntN(8)
			file[at] ^= mask
			if err := os.WriteFile(damaged, file, 0o600); err != nil {
				t.Fatal(err)
			}
			file[at] ^= mask
			if verified, err := b.Verify(t.Context(), damaged); err == nil && verified.OK() {
				t.Errorf("%s: byte %d of %d, mask %#x: intact", format, at, len(file), mask)
			}
		}
	}
}

// A bit of a Bloom filter, that no row shows, fails the check of the file and no other.
func TestVerifySaysThatTheFileWasChanged(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	b.mustApply(t, b.job(b.dir))
	file, err := os.ReadFile(b.file())
	if err != nil {
		t.Fatal(err)
	}
	filter := bytes.Index(file, []byte{0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0}) // the end of its header
	if filter < 0 {
		t.Fatal("no filter")
	}
	file[filter+20] ^= 1
	if err := os.WriteFile(b.file(), file, 0o600); err != nil {
		t.Fatal(err)
	}
	verified, err := b.Verify(t.Context(), b.dir)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, check := range verified.Checks {
		if !check.OK {
			failed = append(failed, check.Name+": "+check.Detail)
		}
	}
	if len(failed) != 1 || !strings.HasPrefix(failed[0], "file: the file was changed after it was written: ") {
		t.Errorf("failed: %q", failed)
	}
}

// The files in testdata are of the version before the checksums.
func TestVerifySaysThatAnEarlierFileHasNoChecksums(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 1})
	for _, name := range []string{"earlier.parquet", "earlier.arrow"} {
		verified := b.mustVerify(t, filepath.Join("testdata", name))
		if !slices.ContainsFunc(verified.Checks, func(c engine.Check) bool {
			return c.Name == "file" && c.OK && strings.HasPrefix(c.Detail, "no checksums: ")
		}) {
			t.Errorf("%s: %+v", name, verified.Checks)
		}
	}
}

// The files are of the version before the current encodings: ids of columns with
// gaps, extra as JSON, delta encodings of texts, and no end mark of the Arrow stream.
func TestVerifyAcceptsFilesOfAnEarlierForm(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 1})
	for _, name := range []string{"gaps.parquet", "gaps.arrow"} {
		if verified := b.mustVerify(t, filepath.Join("testdata", name)); verified.Manifest.Rows != 12 {
			t.Errorf("%s: %d rows", name, verified.Manifest.Rows)
		}
	}
}

// What a manifest states is where a merge goes on from: one that was changed stops
// every command, and the file stays as it is.
func TestNoRunGoesOnFromAManifestThatWasChanged(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 60})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	file, err := os.ReadFile(b.file())
	if err != nil {
		t.Fatal(err)
	}
	file[bytes.LastIndex(file, []byte(`"watermarks":{`))+len(`"watermarks":{"`)] ^= 1
	if err := os.WriteFile(b.file(), file, 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := b.Start(t.Context(), job, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	if _, err := run.Plan(t.Context()); !errors.Is(err, exporter.ErrAltered) || exporter.Hint(err) == "" {
		t.Errorf("plan: %v", err)
	}
	if _, err := b.Verify(t.Context(), b.file()); !errors.Is(err, exporter.ErrAltered) || strings.Contains(err.Error(), "not a lemexport file") {
		t.Errorf("verify: %v", err)
	}
	if now, err := os.ReadFile(b.file()); err != nil || !bytes.Equal(now, file) {
		t.Errorf("the file was changed: %v", err)
	}
}
