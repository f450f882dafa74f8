package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

func openJournal(t interface {
	Helper()
	Fatal(args ...any)
}, dir string, fresh bool,
) exporter.Journal {
	t.Helper()
	journal, err := NewWorkspace(dir).Journal("walk", fresh)
	if err != nil {
		t.Fatal(err)
	}
	return journal
}

func entriesOf(t interface {
	Helper()
	Fatal(args ...any)
}, journal exporter.Journal,
) [][]byte {
	t.Helper()
	var all [][]byte
	for entry, err := range journal.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(entry))
	}
	return all
}

// However the file ends or is damaged, a journal yields the entries before the damage,
// and the next entry is appended behind them.
func TestAJournalGivesWhatWasAppendedBeforeTheDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "work")
	rapid.Check(t, func(t *rapid.T) {
		appended := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 8).Draw(t, "entries")
		journal := openJournal(t, dir, false)
		var ends []int
		size := 0
		for _, entry := range appended {
			if err := journal.Append(entry); err != nil {
				t.Fatal(err)
			}
			size += frameHead + len(entry)
			ends = append(ends, size)
		}
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "walk.journal")
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) != size {
			t.Fatalf("the file has %d bytes, not %d", len(body), size)
		}
		damage := rapid.IntRange(0, size-1).Draw(t, "damage")
		if rapid.Bool().Draw(t, "cut") {
			body = body[:damage]
		} else {
			body[damage] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		whole := 0
		for whole < len(ends) && ends[whole] <= damage {
			whole++
		}
		journal = openJournal(t, dir, false)
		got := entriesOf(t, journal)
		if len(got) != whole {
			t.Fatalf("%d entries came back, %d are before the damage at byte %d", len(got), whole, damage)
		}
		if err := journal.Append([]byte("next")); err != nil {
			t.Fatal(err)
		}
		want := append(appended[:whole:whole], []byte("next"))
		for i, entry := range entriesOf(t, journal) {
			if !bytes.Equal(entry, want[i]) {
				t.Fatalf("entry %d is %q, not %q", i, entry, want[i])
			}
		}
		if err := journal.Remove(); err != nil {
			t.Fatal(err)
		}
	})
}

// After a loop that stopped early, Append drops the entries that were not taken.
func TestAppendDropsWhatWasNotTaken(t *testing.T) {
	journal := openJournal(t, filepath.Join(t.TempDir(), "work"), false)
	defer func() { _ = journal.Remove() }()
	for _, entry := range []string{"one", "two", "three"} {
		if err := journal.Append([]byte(entry)); err != nil {
			t.Fatal(err)
		}
	}
	for entry := range journal.Entries() {
		if string(entry) == "two" {
			break
		}
	}
	if err := journal.Append([]byte("four")); err != nil {
		t.Fatal(err)
	}
	if got := entriesOf(t, journal); len(got) != 2 || string(got[1]) != "four" {
		t.Errorf("the journal holds %q", got)
	}
}

func TestAJournalIsPrivateAndHeldByOneRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "work")
	journal := openJournal(t, dir, false)
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "walk.journal"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the permission %o, not %o", path, info.Mode().Perm(), want)
		}
	}
	if _, err := NewWorkspace(dir).Journal("walk", false); !errors.Is(err, exporter.ErrBusy) || exporter.Hint(err) == "" {
		t.Errorf("a second run got %v", err)
	}
	other, err := NewWorkspace(dir).Journal("other", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := journal.Append([]byte("kept")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(journal.Close(), journal.Close()); err != nil {
		t.Fatal(err)
	}
	journal = openJournal(t, dir, true)
	if got := entriesOf(t, journal); len(got) != 0 {
		t.Errorf("a fresh journal holds %q", got)
	}
	if err := journal.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the workspace is left behind: %v", err)
	}
}

func TestOldJournalsAreRemovedUnlessARunHoldsThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "work")
	old, err := NewWorkspace(dir).Journal("old", false)
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := NewWorkspace(dir).Journal("ahead", false)
	if err != nil {
		t.Fatal(err)
	}
	held, err := NewWorkspace(dir).Journal("held", false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Remove() }()
	if err := errors.Join(old.Close(), ahead.Close()); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"old": 2 * maxAge, "held": 2 * maxAge, "ahead": -2 * maxAge} {
		then := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name+journalSuffix), then, then); err != nil {
			t.Fatal(err)
		}
	}
	journal := openJournal(t, dir, false)
	defer func() { _ = journal.Remove() }()
	for name, want := range map[string]bool{"old": false, "ahead": false, "held": true, "walk": true} {
		if _, err := os.Stat(filepath.Join(dir, name+journalSuffix)); (err == nil) != want {
			t.Errorf("the journal %s: %v", name, err)
		}
	}
}
