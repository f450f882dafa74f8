package engine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// groupsOf are the numbers of rows of the row groups of a file.
func groupsOf(t *testing.T, path string) (rows []int64) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := parquetgo.OpenFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range opened.RowGroups() {
		rows = append(rows, group.NumRows())
	}
	return rows
}

// Row groups without changes stay as they are, wherever they are, and the file holds what a
// snapshot holds. No row group becomes less than half full but the first and the last.
func TestAMergeTakesOverRowGroupsWithoutChanges(t *testing.T) {
	const groupRows = 100
	b := newBench(t, sim.Options{Users: 2, Conversations: 900, Seed: 3})
	merge, snapshot := in(exporter.ModeMerge, b.job(b.dir)), b.job(filepath.Join(t.TempDir(), "fresh"))
	merge.Exports[0].Parquet.RowGroupSize = groupRows
	b.mustApply(t, merge)
	taken := 0
	for round, kinds := range [][]sim.Kind{{sim.Insert}, {sim.Insert}, {sim.Jump, sim.Insert}, nil, {sim.Jump}, {sim.Jump}, {sim.Insert}, {sim.Jump}} {
		if kinds != nil {
			b.churn(5, uint64(round), kinds...)
		}
		_, merged := b.mustApply(t, merge)
		_, fresh := b.mustApply(t, snapshot)
		got, want := b.mustVerify(t, b.dir).Manifest, fresh.Exports[0].Manifest
		if got.Rows != want.Rows || got.Content.SHA256 != want.Content.SHA256 {
			t.Fatalf("round %d: %d rows, not as the %d of a snapshot", round, got.Rows, want.Rows)
		}
		if !got.Window.NewestActivity.Equal(*want.Window.NewestActivity) || !got.Window.OldestActivity.Equal(*want.Window.OldestActivity) {
			t.Errorf("round %d: the window is %+v, that of a snapshot %+v", round, got.Window, want.Window)
		}
		if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
		changes := merged.Exports[0].Manifest.Changes
		if changes.Kept+changes.Refreshed+changes.Updated+changes.Added != got.Rows {
			t.Errorf("round %d: %d rows, and the changes are %+v", round, got.Rows, *changes)
		}
		// Rows that are all written anew fill every row group but the last.
		rows := groupsOf(t, b.file())
		for i, count := range rows[:len(rows)-1] {
			if i > 0 && 2*count < groupRows {
				t.Errorf("round %d: the row groups have %v rows", round, rows)
				break
			}
		}
		if slices.ContainsFunc(rows[:len(rows)-1], func(count int64) bool { return count < groupRows }) {
			taken++
		}
	}
	if taken < 5 {
		t.Errorf("%d of the merges have taken over row groups", taken)
	}
}
