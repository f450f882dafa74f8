package storecontract

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// DataName is the name of the object that the contract writes.
const DataName = "inbox_conversations.parquet"

// Kind is in what destinations differ.
type Kind struct {
	// Locks says that a destination can be claimed for one run.
	Locks bool
}

// Run tests the destinations that open gives. Every call gives another, empty one;
// what is got from it by again is the same place, as another run finds it.
func Run(t *testing.T, kind Kind, open func(t *testing.T) (again func() exporter.Destination)) {
	for name, test := range map[string]func(*testing.T, func() exporter.Destination){
		"an object that was never written does not exist":                absent,
		"a reader sees nothing before the commit, then all of it":        atomic,
		"a reader of the old version gets that or is told":               pinned,
		"an empty object and a large one are read at random":             random,
		"a name may have one slash":                                      slash,
		"objects in a folder are listed in order, once committed":        listed,
		"what is removed is gone, and nothing else; twice is no error":   removed,
		"abort keeps the old version; after a commit it does nothing":    abort,
		"a context that has ended commits nothing":                       ended,
		"of two runs that make a new object, one does":                   twoNew,
		"of two runs that replace the same version, one does":            twoReplace,
		"an object that is gone is not replaced":                         noObject,
		"a run may go on after another one, and many may read meanwhile": oneAfterAnother,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	if kind.Locks {
		t.Run("the second run is told of the first", func(t *testing.T) { locked(t, open(t)()) })
	}
}

func absent(t *testing.T, open func() exporter.Destination) {
	if _, err := open().Open(t.Context(), DataName); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open gave %v", err)
	}
}

func listed(t *testing.T, open func() exporter.Destination) {
	to := open()
	for _, folder := range []string{"", "data"} {
		if names, err := to.List(t.Context(), folder); err != nil || len(names) != 0 {
			t.Errorf("an empty destination lists %q in %q (%v)", names, folder, err)
		}
	}
	Put(t, to, "beside")
	for _, name := range []string{"data/b-2.parquet", "data/b-1.parquet", "data/a-3.parquet"} {
		upload, err := to.Create(t.Context(), name, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := upload.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
		if names, err := to.List(t.Context(), "data"); err != nil || slices.Contains(names, name) {
			t.Errorf("listed before it is committed: %q (%v)", names, err)
		}
		if err := upload.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for folder, want := range map[string][]string{
		"data": {"data/a-3.parquet", "data/b-1.parquet", "data/b-2.parquet"}, "": {DataName}, "other": nil,
	} {
		if names, err := to.List(t.Context(), folder); err != nil || !slices.Equal(names, want) {
			t.Errorf("%q lists %q, want %q (%v)", folder, names, want, err)
		}
	}
}

func removed(t *testing.T, open func() exporter.Destination) {
	to := open()
	Put(t, to, "first")
	for _, name := range []string{"data/a.parquet", "data/b.parquet"} {
		upload, err := to.Create(t.Context(), name, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := upload.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(to.Remove(t.Context(), "data/a.parquet"), to.Remove(t.Context(), "data/a.parquet"), to.Remove(t.Context(), "none/there.parquet")); err != nil {
		t.Fatal(err)
	}
	if names, err := to.List(t.Context(), "data"); err != nil || !slices.Equal(names, []string{"data/b.parquet"}) {
		t.Errorf("it lists %q (%v)", names, err)
	}
	if _, err := to.Open(t.Context(), "data/a.parquet"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open gave %v", err)
	}
	version := Look(t, to, DataName)
	if err := to.Remove(t.Context(), DataName); err != nil {
		t.Fatal(err)
	}
	if err := Begin(t, to, "second", version).Commit(t.Context()); !errors.Is(err, exporter.ErrConflict) {
		t.Errorf("a removed object was replaced: %v", err)
	}
	if err := Begin(t, to, "third", "").Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, to, DataName); got != "third" {
		t.Errorf("it holds %q", got)
	}
}

func atomic(t *testing.T, open func() exporter.Destination) {
	to := open()
	Put(t, to, "first")
	upload := Begin(t, to, "second", Look(t, to, DataName))
	if got := Read(t, to, DataName); got != "first" {
		t.Errorf("before the commit a reader sees %q", got)
	}
	if err := upload.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, to, DataName); got != "second" {
		t.Errorf("after the commit a reader sees %q", got)
	}
}

func pinned(t *testing.T, open func() exporter.Destination) {
	to := open()
	Put(t, to, "first")
	object, err := to.Open(t.Context(), DataName)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = object.Close() }()
	Put(t, to, "second, and longer")
	got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if !errors.Is(err, exporter.ErrConflict) && (err != nil || string(got) != "first") {
		t.Errorf("the open object now holds %q (%v)", got, err)
	}
}

func random(t *testing.T, open func() exporter.Destination) {
	to := open()
	for _, size := range []int{0, 1, 1 << 20, 3<<20 + 17} {
		want := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		Put(t, to, want)
		if got := Read(t, to, DataName); got != want {
			t.Errorf("%d bytes were not read as written", size)
		}
		object, err := to.Open(t.Context(), DataName)
		if err != nil {
			t.Fatal(err)
		}
		if object.Size() != int64(size) {
			t.Errorf("the size is %d, not %d", object.Size(), size)
		}
		for _, from := range []int{max(size-8, 0), size / 2, 0, max(size/3-5, 0)} {
			part := make([]byte, 10)
			n, err := object.ReadAt(part, int64(from))
			expected := want[from:min(from+10, size)]
			if string(part[:n]) != expected || (n < 10) != errors.Is(err, io.EOF) || n == 10 && err != nil {
				t.Errorf("of %d bytes, those at %d are %q (%v)", size, from, part[:n], err)
			}
		}
		if err := object.Close(); err != nil {
			t.Error(err)
		}
	}
}

func slash(t *testing.T, open func() exporter.Destination) {
	const name = "inbox_conversations/0190c0de.parquet"
	to := open()
	upload, err := to.Create(t.Context(), name, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(upload, "text"); err != nil {
		t.Fatal(err)
	}
	if err := upload.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, to, name); got != "text" {
		t.Errorf("it holds %q", got)
	}
}

func abort(t *testing.T, open func() exporter.Destination) {
	to := open()
	Put(t, to, "first")
	version := Look(t, to, DataName)
	upload := Begin(t, to, "second", version)
	if err := errors.Join(upload.Abort(), upload.Abort()); err != nil {
		t.Fatal(err)
	}
	if err := upload.Commit(t.Context()); err == nil {
		t.Error("a commit after Abort succeeded")
	}
	if got := Read(t, to, DataName); got != "first" {
		t.Errorf("a reader sees %q", got)
	}
	upload = Begin(t, to, "third", version)
	if err := errors.Join(upload.Commit(t.Context()), upload.Abort()); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, to, DataName); got != "third" {
		t.Errorf("after Commit and Abort a reader sees %q", got)
	}
}

func ended(t *testing.T, open func() exporter.Destination) {
	to := open()
	Put(t, to, "first")
	upload := Begin(t, to, "second", Look(t, to, DataName))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := upload.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit gave %v", err)
	}
	if got := Read(t, to, DataName); got != "first" {
		t.Errorf("a reader sees %q", got)
	}
}

func twoNew(t *testing.T, open func() exporter.Destination) {
	race(t, open, Begin(t, open(), "mine", ""), Begin(t, open(), "theirs", ""))
}

func twoReplace(t *testing.T, open func() exporter.Destination) {
	Put(t, open(), "first")
	version := Look(t, open(), DataName)
	race(t, open, Begin(t, open(), "mine", version), Begin(t, open(), "theirs", version))
}

func race(t *testing.T, open func() exporter.Destination, mine, theirs exporter.Upload) {
	t.Helper()
	if err := mine.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := theirs.Commit(t.Context()); !errors.Is(err, exporter.ErrConflict) {
		t.Errorf("the second commit gave %v", err)
	}
	if got := Read(t, open(), DataName); got != "mine" {
		t.Errorf("a reader sees %q", got)
	}
}

func noObject(t *testing.T, open func() exporter.Destination) {
	other := open()
	Put(t, other, "first")
	version := Look(t, other, DataName)
	empty := "inbox_conversations/0190c0de.parquet"
	upload, err := other.Create(t.Context(), empty, version)
	if err != nil {
		t.Fatal(err)
	}
	if err := upload.Commit(t.Context()); !errors.Is(err, exporter.ErrConflict) {
		t.Errorf("Commit gave %v", err)
	}
	if _, err := other.Open(t.Context(), empty); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open gave %v", err)
	}
}

func oneAfterAnother(t *testing.T, open func() exporter.Destination) {
	for _, run := range []string{"one", "two", "three"} {
		to := open()
		unlock, err := to.Lock(t.Context(), "run-"+run)
		if err != nil {
			t.Fatal(err)
		}
		Put(t, to, run)
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		if got := Read(t, open(), DataName); got != run {
			t.Errorf("after run %s a reader sees %q", run, got)
		}
	}
}

func locked(t *testing.T, to exporter.Destination) {
	unlock, err := to.Lock(t.Context(), "run-one")
	if err != nil {
		t.Fatal(err)
	}
	_, err = to.Lock(t.Context(), "run-two")
	if !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run-one") {
		t.Errorf("the second Lock gave %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = to.Lock(t.Context(), "run-three")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

// Look gives the version of what is there.
func Look(t testing.TB, from exporter.Destination, name string) exporter.Version {
	t.Helper()
	object, err := from.Open(t.Context(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := object.Close(); err != nil {
		t.Fatal(err)
	}
	return object.Version()
}

// Begin uploads a text, which is not committed yet, over a version of the data.
func Begin(t *testing.T, to exporter.Destination, text string, over exporter.Version) exporter.Upload {
	t.Helper()
	upload, err := to.Create(t.Context(), DataName, over)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(upload, text); err != nil {
		t.Fatal(err)
	}
	return upload
}

// Put commits a text over whatever the data holds.
func Put(t *testing.T, to exporter.Destination, text string) {
	t.Helper()
	if err := Begin(t, to, text, Look(t, to, DataName)).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Read returns what an object holds.
func Read(t *testing.T, from exporter.Destination, name string) string {
	t.Helper()
	object, err := from.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = object.Close() }()
	got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
