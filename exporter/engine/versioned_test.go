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

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// versioned is a job whose exports have that layout.
func versioned(job exporter.Job, keep int) exporter.Job {
	job.Exports = slices.Clone(job.Exports)
	for i := range job.Exports {
		job.Exports[i].Layout, job.Exports[i].Keep = exporter.LayoutVersioned, keep
	}
	return job
}

func (b *bench) pointerFile() string { return filepath.Join(b.dir, "inbox_conversations.json") }

// pointer reads the pointer as another program would.
func (b *bench) pointer(t *testing.T) exporter.Pointer {
	t.Helper()
	body, err := os.ReadFile(b.pointerFile())
	if err != nil {
		t.Fatal(err)
	}
	var pointer exporter.Pointer
	if err := json.Unmarshal(body, &pointer); err != nil {
		t.Fatal(err)
	}
	return pointer
}

// there are the names in the destination, the folder of versions included.
func (b *bench) there(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(b.dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(b.dir, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func (b *bench) holds(t *testing.T, want ...string) {
	t.Helper()
	if diff := gocmp.Diff(want, b.there(t)); diff != "" {
		t.Errorf("the destination (-want +got):\n%s", diff)
	}
}

// mustVerifyEach verifies a location, which holds so many files.
func (b *bench) mustVerifyEach(t *testing.T, location string, files int) (found []engine.Verification) {
	t.Helper()
	for one, err := range b.VerifyEach(t.Context(), location) {
		if err != nil {
			t.Fatal(err)
		}
		for _, check := range one.Checks {
			if !check.OK {
				t.Errorf("verify: %s: %s: %s", one.File, check.Name, check.Detail)
			}
		}
		found = append(found, one)
	}
	if len(found) != files {
		t.Fatalf("%d files were verified, not %d", len(found), files)
	}
	return found
}

func TestAVersionedSnapshotIsAFileThatAPointerNames(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 90})
	plan, summary := b.mustApply(t, versioned(b.job(b.dir), 2))
	if one := plan.Exports[0]; one.File != filepath.ToSlash(b.dir)+"/inbox_conversations/run-1.parquet" || one.Pointer != filepath.ToSlash(b.pointerFile()) ||
		one.Layout != "versioned" || one.Action != engine.ActionCreate || one.Removes != nil {
		t.Errorf("the plan: %+v", one)
	}
	b.holds(t, "inbox_conversations/run-1.parquet", "inbox_conversations.json")
	result, pointer := summary.Exports[0], b.pointer(t)
	if pointer.File != "inbox_conversations/run-1.parquet" || pointer.SHA256 != result.SHA256 || pointer.Bytes != result.Bytes ||
		pointer.Manifest.RunID != "run-1" || len(pointer.Versions) != 1 || result.Pointer != plan.Exports[0].Pointer {
		t.Errorf("the pointer: %+v\nthe result: %+v", pointer, result)
	}
	for _, location := range []string{b.dir, b.pointerFile(), filepath.Join(b.dir, "inbox_conversations"), filepath.Join(b.dir, "inbox_conversations") + "/"} {
		found := b.mustVerifyEach(t, location, 1)
		if found[0].Manifest.RunID != "run-1" || found[0].Pointer == "" {
			t.Errorf("%s: %+v", location, found[0])
		}
		file, err := b.OpenFile(t.Context(), location)
		if err != nil {
			t.Fatal(err)
		}
		if file.Manifest().Rows != 90 || file.URL() != filepath.ToSlash(b.pointerFile()) {
			t.Errorf("%s: opened %s with %d rows", location, file.URL(), file.Manifest().Rows)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAMergeGoesOnFromTheVersionThatThePointerNames(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 120})
	job := in(exporter.ModeMerge, versioned(b.job(b.dir), 2))
	b.mustApply(t, job)
	b.team.Move(sim.Movement{Kind: sim.Jump, Position: 50})
	plan, summary := b.mustApply(t, job)
	m := summary.Exports[0].Manifest
	if m.Previous == nil || m.Previous.RunID != "run-1" || m.Changes == nil || m.Changes.Updated != 1 || m.Rows != 120 {
		t.Errorf("the second run: %+v, %+v", m.Previous, m.Changes)
	}
	if one := plan.Exports[0]; one.Action != engine.ActionMerge || !strings.HasSuffix(one.CurrentFile, "/run-1.parquet") || !strings.HasSuffix(one.File, "/run-2.parquet") {
		t.Errorf("the plan: %+v", one)
	}
	plan, summary = b.mustApply(t, job)
	oldest := filepath.ToSlash(b.dir) + "/inbox_conversations/run-1.parquet"
	if !slices.Equal(plan.Exports[0].Removes, []string{oldest}) || !slices.Equal(summary.Exports[0].Removed, []string{oldest}) {
		t.Errorf("planned to remove %q, removed %q", plan.Exports[0].Removes, summary.Exports[0].Removed)
	}
	b.holds(t, "inbox_conversations/run-2.parquet", "inbox_conversations/run-3.parquet", "inbox_conversations.json")
	b.mustVerifyEach(t, b.dir, 1)
}

// A run that dies after its data file leaves a file that no pointer names. The next run
// works, and removes it; what lemexport did not write stays.
func TestWhatACrashLeavesBesideThePointerIsRemoved(t *testing.T) {
	for name, first := range map[string]bool{"the first run": true, "a later one": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Conversations: 40})
			job := versioned(b.job(b.dir), 3)
			want := []string{"inbox_conversations/notes.txt", "inbox_conversations/other.parquet"}
			if !first {
				b.mustApply(t, job)
				want = append(want, "inbox_conversations/run-1.parquet")
			}
			before, beforeErr := os.ReadFile(b.pointerFile())
			_, crashed := b.mustApply(t, job)
			if first {
				if err := os.Remove(b.pointerFile()); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(b.pointerFile(), before, 0o600); err != nil || beforeErr != nil {
				t.Fatal(err, beforeErr)
			}
			body, err := os.ReadFile(crashed.Exports[0].File)
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string][]byte{"notes.txt": []byte("mine"), "other.parquet": body} {
				if err := os.WriteFile(filepath.Join(b.dir, "inbox_conversations", file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			plan, summary := b.mustApply(t, job)
			if removed := summary.Exports[0].Removed; !slices.Equal(removed, []string{crashed.Exports[0].File}) || !slices.Equal(removed, plan.Exports[0].Removes) {
				t.Errorf("removed %q, planned %q, the crash left %s", removed, plan.Exports[0].Removes, crashed.Exports[0].File)
			}
			want = append(want, "inbox_conversations/"+filepath.Base(summary.Exports[0].File), "inbox_conversations.json")
			b.holds(t, want...)
			b.mustVerifyEach(t, b.dir, 1)
		})
	}
}

func TestAPointerThatCannotBeFollowedStopsEveryCommand(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 40})
	job := versioned(b.job(b.dir), 3)
	_, summary := b.mustApply(t, job)
	whole, err := os.ReadFile(b.pointerFile())
	if err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"it is empty": "", "unexpected end of JSON": string(whole[:len(whole)/2]),
		"newer lemexport":                            strings.Replace(string(whole), `version": 1`, `version": 2`, 1),
		"not a file in the folder":                   strings.ReplaceAll(string(whole), "inbox_conversations/run-1", "../../run-1"),
		"the newest of its versions is another file": strings.Replace(string(whole), `"file": "inbox_conversations/run-1`, `"file": "inbox_conversations/run-2`, 1),
		"it is not about the table":                  strings.Replace(string(whole), `"table": "inbox_conversations"`, `"table": "inbox_labels"`, 1),
		"run-7.parquet, which is missing":            strings.ReplaceAll(string(whole), "run-1.parquet", "run-7.parquet"),
		"has no known file format":                   strings.ReplaceAll(string(whole), "run-1.parquet", "run-1.csv"),
	} {
		if err := os.WriteFile(b.pointerFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fails := func(what string, err error) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "inbox_conversations.json") || exporter.Hint(err) == "" {
				t.Errorf("%s of a pointer with %q gave %v", what, want, err)
			}
		}
		for _, one := range []exporter.Job{job, b.job(b.dir), in(exporter.ModeMerge, job)} {
			_, _, err := b.apply(t, one, engine.ApplyOptions{})
			fails("apply", err)
		}
		_, err := b.OpenFile(t.Context(), b.dir)
		fails("open", err)
		for _, err := range b.VerifyEach(t.Context(), b.dir) {
			fails("verify", err)
		}
		if now, err := os.ReadFile(b.pointerFile()); err != nil || string(now) != text {
			t.Errorf("the pointer was changed (%v)", err)
		}
		if _, err := os.Stat(summary.Exports[0].File); err != nil {
			t.Error(err)
		}
	}
}

func TestVerifyComparesTheFileWithItsPointer(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 40})
	job := versioned(b.job(b.dir), 3)
	b.mustApply(t, job)
	b.mustApply(t, job)
	whole := b.pointer(t)
	for want, change := range map[string]func(*exporter.Pointer){
		"pointer: it says that the file has 1 bytes":    func(p *exporter.Pointer) { p.Bytes = 1 },
		"pointer: it says that the SHA-256":             func(p *exporter.Pointer) { p.SHA256 = strings.Repeat("0", 64) },
		"pointer: its manifest is not that of the file": func(p *exporter.Pointer) { p.Manifest.Proof.Complete = false },
		"versions: 1 of 3 are missing": func(p *exporter.Pointer) {
			p.Versions = append(slices.Clone(p.Versions), exporter.StoredFile{File: "inbox_conversations/gone.parquet"})
		},
	} {
		changed := whole
		change(&changed)
		body, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(b.pointerFile(), body, 0o600); err != nil {
			t.Fatal(err)
		}
		for one, err := range b.VerifyEach(t.Context(), b.dir) {
			if err != nil {
				t.Fatal(err)
			}
			var failed []string
			for _, check := range one.Checks {
				if !check.OK {
					failed = append(failed, check.Name+": "+check.Detail)
				}
			}
			if len(failed) != 1 || !strings.HasPrefix(failed[0], want) {
				t.Errorf("failed: %q, want %q", failed, want)
			}
		}
	}
}

// The layout may change between two runs: the next one goes on from where the file is, and
// removes it once its own is in place.
func TestTheLayoutOfADestinationCanChange(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 80})
	current := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, current)
	_, there := b.mustApply(t, versioned(current, 3))
	b.holds(t, "inbox_conversations/run-2.parquet", "inbox_conversations.json")
	b.mustApply(t, versioned(current, 3))
	plan, back := b.mustApply(t, current)
	b.holds(t, "inbox_conversations.parquet")
	for _, summary := range []engine.Summary{there, back} {
		if m := summary.Exports[0].Manifest; m.Previous == nil || m.Changes == nil || m.Changes.Removed != 0 || m.Rows != 80 || m.FullProof.RunID != "run-1" {
			t.Errorf("it did not go on: %+v", m)
		}
	}
	if removes := plan.Exports[0].Removes; len(removes) != 3 || removes[0] != filepath.ToSlash(b.pointerFile()) {
		t.Errorf("the plan removes %q", removes)
	}
	b.mustVerifyEach(t, b.dir, 1)
}

// A run may die before it has removed the file of the other layout. Readers are told, and
// the next run removes it.
func TestTwoLayoutsBesideEachOtherAreToldOf(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	b.mustApply(t, b.job(b.dir))
	old, err := os.ReadFile(b.file())
	if err != nil {
		t.Fatal(err)
	}
	job := versioned(b.job(b.dir), 3)
	b.mustApply(t, job)
	if err := os.WriteFile(b.file(), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenFile(t.Context(), b.dir); err == nil || !strings.Contains(err.Error(), "two layouts") || exporter.Hint(err) == "" {
		t.Errorf("open gave %v", err)
	}
	b.mustVerifyEach(t, b.dir, 2)
	b.mustApply(t, job)
	b.holds(t, "inbox_conversations/run-2.parquet", "inbox_conversations/run-3.parquet", "inbox_conversations.json")
}

func TestAppendAndVersionsDoNotShareAFolder(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	appends, versions := in(exporter.ModeAppend, b.job(b.dir)), versioned(b.job(b.dir), 3)
	refused := func(job exporter.Job, want string) {
		t.Helper()
		before := b.there(t)
		if _, _, err := b.apply(t, job, engine.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), want) || exporter.Hint(err) == "" {
			t.Errorf("got %v, want %q", err, want)
		}
		b.holds(t, before...)
	}
	b.mustApply(t, appends)
	refused(versions, "is a file of an append export")
	if err := os.RemoveAll(b.dir); err != nil {
		t.Fatal(err)
	}
	b.mustApply(t, versions)
	refused(appends, "is a version of a snapshot")
	if err := os.Remove(b.pointerFile()); err != nil {
		t.Fatal(err)
	}
	refused(appends, "is a version of a snapshot")
}

// A JSON file of another program may have the name of the pointer.
func TestAForeignFileInThePlaceOfThePointer(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`[{"id": "a"}]`, `{"id": "a"}`, "id: a\n"} {
		if err := os.WriteFile(b.pointerFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.apply(t, versioned(b.job(b.dir), 3), engine.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "is in the way") || exporter.Hint(err) == "" {
			t.Errorf("%s: got %v", text, err)
		}
		b.mustApply(t, b.job(b.dir))
		b.mustVerifyEach(t, b.dir, 1)
		if now, err := os.ReadFile(b.pointerFile()); err != nil || string(now) != text {
			t.Errorf("%s became %s (%v)", text, now, err)
		}
		if err := os.Remove(b.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}
