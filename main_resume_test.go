//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// verified reads what verify says of the export in dir.
func verified(t *testing.T, dir string) exporter.Manifest {
	t.Helper()
	p := start(t, dir, "verify", "-json", "out")
	if got := p.status(t); got != 0 {
		t.Fatalf("verify ends with %d: %s", got, &p.err)
	}
	var message struct {
		Verification engine.Verification `json:"verification"`
	}
	for decoder := json.NewDecoder(&p.out); message.Verification.File == ""; {
		if err := decoder.Decode(&message); err != nil {
			t.Fatal(err)
		}
	}
	return message.Verification.Manifest
}

// A run that is killed at its first, a middle or its last request is continued: the
// export is the same as without the kill, and no page that it had read is requested
// again. Every other point is tested in exporter/lemlist.
func TestAKilledApplyIsContinued(t *testing.T) {
	t.Parallel()
	whole := newStoppingAPI(t, 900, always)
	dir := configFor(t, whole.url)
	if p := start(t, dir, "apply", "-auto-approve"); p.status(t) != 0 {
		t.Fatal(p.err.String())
	}
	want := verified(t, dir)
	all := 1 + want.Proof.Requests // the team, and the walk, which begins with the plan's first pages
	for _, answers := range []int64{beforeTheWalk + 1, (beforeTheWalk + all) / 2, all - 1} {
		t.Run(fmt.Sprint(answers), func(t *testing.T) {
			t.Parallel()
			api := newStoppingAPI(t, 900, answers)
			dir := configFor(t, api.url)
			p := start(t, dir, "apply", "-auto-approve")
			<-api.held
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			p.status(t)
			if _, err := os.Stat(filepath.Join(dir, "out", "inbox_conversations.parquet")); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("a file is there after the kill: %v", err)
			}
			before := api.seen.Load()
			api.left.Store(always)
			if p := start(t, dir, "apply", "-auto-approve"); p.status(t) != 0 {
				t.Fatal(p.err.String())
			}
			got := verified(t, dir)
			if got.Content.SHA256 != want.Content.SHA256 {
				t.Error("the export differs from that of a run that was not killed")
			}
			// In flight at the kill were at most 20 requests and entries.
			fetched := api.seen.Load() - before - beforeTheWalk
			if missing := all - answers; fetched > missing+20+int64(len(want.Proof.Partitions)) {
				t.Errorf("%d requests to continue where %d were missing", fetched, missing)
			}
			if got.Proof.Resumed == 0 && answers > beforeTheWalk+8 {
				t.Error("nothing was taken over")
			}
			if _, err := os.Stat(filepath.Join(dir, ".lemexport")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the work folder is left behind: %v", err)
			}
		})
	}
}
