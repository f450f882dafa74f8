package engine_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	parquetgo "github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
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

// Whatever byte of the old file was changed, in row groups that are taken over or not: the
// merge fails and names the file, once, or what it writes is what it would have written.
func TestAMergeOfADamagedFileFailsOrMakesTheSame(t *testing.T) {
	for name, groupRows := range map[string]int{"some row groups are taken over": 100, "none is": 1000} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 1, Conversations: 900, Seed: 3})
			merge := in(exporter.ModeMerge, b.job(b.dir))
			merge.Exports[0].Parquet.RowGroupSize = groupRows
			b.mustApply(t, merge)
			old, err := os.ReadFile(b.file())
			if err != nil {
				t.Fatal(err)
			}
			b.churn(2, 5, sim.Jump)
			_, sound := b.mustApply(t, merge)
			want, failed := sound.Exports[0].Manifest.Content.SHA256, 0
			footer := int(binary.LittleEndian.Uint32(old[len(old)-8:])) + 8
			for at := 100; at < len(old)-footer; at += (len(old) - footer) / 20 {
				damaged := bytes.Clone(old)
				damaged[at] ^= 0x04
				if err := os.WriteFile(b.file(), damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				_, _, err := b.apply(t, merge, engine.ApplyOptions{})
				if err == nil {
					if got := b.mustVerify(t, b.dir).Manifest.Content.SHA256; got != want {
						t.Errorf("the byte at %d was changed: the merge is another", at)
					}
					continue
				}
				failed++
				if strings.Count(err.Error(), b.file()) != 1 {
					t.Errorf("the byte at %d was changed: %v", at, err)
				}
				if left, err := os.ReadFile(b.file()); err != nil || !bytes.Equal(left, damaged) {
					t.Errorf("the byte at %d was changed: the merge failed and replaced the file (%v)", at, err)
				}
			}
			if failed < 10 {
				t.Errorf("%d of the merges failed", failed)
			}
		})
	}
}
