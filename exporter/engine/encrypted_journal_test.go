package engine

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
)

// memoryJournal keeps entries in memory, as store keeps them on disk.
type memoryJournal struct {
	entries [][]byte
	taken   int
}

func (m *memoryJournal) Entries() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		m.taken = 0
		for _, entry := range m.entries {
			if !yield(entry, nil) {
				return
			}
			m.taken++
		}
	}
}

func (m *memoryJournal) Append(entry []byte) error {
	m.entries = append(m.entries[:m.taken], bytes.Clone(entry))
	m.taken++
	return nil
}

func (*memoryJournal) Close() error  { return nil }
func (*memoryJournal) Remove() error { return nil }

func mustSeal(t interface{ Fatal(...any) }, journal exporter.Journal, name, key string) *encryptedJournal {
	s, err := encrypted(journal, name, exporter.NewSecret(key))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func plainEntries(t interface{ Fatal(...any) }, journal exporter.Journal) []string {
	var found []string
	for entry, err := range journal.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, string(entry))
	}
	return found
}

func appendAll(t interface{ Fatal(...any) }, journal exporter.Journal, entries ...string) {
	for _, entry := range entries {
		if err := journal.Append([]byte(entry)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASealedJournalIsReadByItsKeyAndName(t *testing.T) {
	var kept memoryJournal
	want := []string{"one", "", "three ada@example.com"}
	appendAll(t, mustSeal(t, &kept, "walk-1", "key"), want...)
	if got := plainEntries(t, mustSeal(t, &kept, "walk-1", "key")); !slices.Equal(got, want) {
		t.Errorf("read %q", got)
	}
	if got := plainEntries(t, mustSeal(t, &kept, "walk-1", "other key")); got != nil {
		t.Errorf("another key reads %q", got)
	}
	if got := plainEntries(t, mustSeal(t, &kept, "walk-2", "key")); got != nil {
		t.Errorf("another journal's key reads %q", got)
	}
	for _, entry := range kept.entries {
		if bytes.Contains(entry, []byte("ada")) {
			t.Errorf("an entry in clear: %q", entry)
		}
	}
}

// Whatever is done to the entries, what is read is a beginning of what was written.
func TestASealedJournalThatWasTamperedWithEndsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kept, older memoryJournal
		var want []string
		for i := range rapid.IntRange(1, 8).Draw(t, "entries") {
			want = append(want, fmt.Sprint("entry ", i))
		}
		appendAll(t, mustSeal(t, &kept, "walk", "key"), want...)
		appendAll(t, mustSeal(t, &older, "walk", "key"), want...)
		at := rapid.IntRange(0, len(want)-1).Draw(t, "at")
		other := rapid.IntRange(0, len(want)-1).Draw(t, "other")
		good := at
		switch rapid.SampledFrom([]string{"swap", "drop", "repeat", "older", "flip", "cut"}).Draw(t, "tampering") {
		case "swap":
			kept.entries[at], kept.entries[other] = kept.entries[other], kept.entries[at]
			if good = min(at, other); at == other {
				good = len(want)
			}
		case "drop":
			kept.entries = slices.Delete(kept.entries, at, at+1)
		case "repeat":
			kept.entries = slices.Insert(kept.entries, at, bytes.Clone(kept.entries[at]))
			good = at + 1
		case "older": // the same entry at the same place, of another run
			kept.entries[at] = older.entries[at]
			if at == 0 { // all the other run had at that place; the next one does not follow it
				good = 1
			}
		case "flip":
			kept.entries[at][rapid.IntRange(0, len(kept.entries[at])-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case "cut":
			kept.entries[at] = kept.entries[at][:rapid.IntRange(0, len(kept.entries[at])-1).Draw(t, "length")]
		}
		again := mustSeal(t, &kept, "walk", "key")
		if got := plainEntries(t, again); !slices.Equal(got, want[:good]) {
			t.Fatalf("read %q, want the first %d", got, good)
		}
		// What follows takes the place of what could not be read.
		appendAll(t, again, "new")
		if got := plainEntries(t, mustSeal(t, &kept, "walk", "key")); !slices.Equal(got, append(want[:good:good], "new")) {
			t.Fatalf("read %q after an append", got)
		}
	})
}

// An entry at which a reader stops is not taken: it is written anew.
func TestAnEntryThatWasNotTakenIsReplaced(t *testing.T) {
	var kept memoryJournal
	appendAll(t, mustSeal(t, &kept, "walk", "key"), "one", "two", "three")
	again := mustSeal(t, &kept, "walk", "key")
	for entry := range again.Entries() {
		if string(entry) == "two" {
			break
		}
	}
	appendAll(t, again, "other")
	if got := plainEntries(t, mustSeal(t, &kept, "walk", "key")); !slices.Equal(got, []string{"one", "other"}) {
		t.Errorf("read %q", got)
	}
}
