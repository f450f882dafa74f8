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

const dataName = "inbox_conversations.parquet"

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
	if _, err := open().Open(t.Context(), dataName); !errors.Is(err, fs.ErrNotExist) {
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
	put(t, to, "beside")
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
		"data": {"data/a-3.parquet", "data/b-1.parquet", "data/b-2.parquet"}, "": {dataName}, "other": nil,
	} {
		if names, err := to.List(t.Context(), folder); err != nil || !slices.Equal(names, want) {
			t.Errorf("%q lists %q, want %q (%v)", folder, names, want, err)
		}
	}
}

func atomic(t *testing.T, open func() exporter.Destination) {
	to := open()
	put(t, to, "first")
	upload := begin(t, to, "second", Look(t, to, dataName))
	if got := read(t, to, dataName); got != "first" {
		t.Errorf("before the commit a reader sees %q", got)
	}
	if err := upload.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := read(t, to, dataName); got != "second" {
		t.Errorf("after the commit a reader sees %q", got)
	}
}

func pinned(t *testing.T, open func() exporter.Destination) {
	to := open()
	put(t, to, "first")
	object, err := to.Open(t.Context(), dataName)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = object.Close() }()
	put(t, to, "second, and longer")
	got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if !errors.Is(err, exporter.ErrConflict) && (err != nil || string(got) != "first") {
		t.Errorf("the open object now holds %q (%v)", got, err)
	}
}

func random(t *testing.T, open func() exporter.Destination) {
	to := open()
	for _, size := range []int{0, 1, 1 << 20, 3<<20 + 17} {
		want := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		put(t, to, want)
		if got := read(t, to, dataName); got != want {
			t.Errorf("%d bytes were not read as written", size)
		}
		object, err := to.Open(t.Context(), dataName)
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
	if got := read(t, to, name); got != "text" {
		t.Errorf("it holds %q", got)
	}
}

func abort(t *testing.T, open func() exporter.Destination) {
	to := open()
	put(t, to, "first")
	version := Look(t, to, dataName)
	upload := begin(t, to, "second", version)
	if err := errors.Join(upload.Abort(), upload.Abort()); err != nil {
		t.Fatal(err)
	}
	if err := upload.Commit(t.Context()); err == nil {
		t.Error("a commit after Abort succeeded")
	}
	if got := read(t, to, dataName); got != "first" {
		t.Errorf("a reader sees %q", got)
	}
	upload = begin(t, to, "third", version)
	if err := errors.Join(upload.Commit(t.Context()), upload.Abort()); err != nil {
		t.Fatal(err)
	}
	if got := read(t, to, dataName); got != "third" {
		t.Errorf("after Commit and Abort a reader sees %q", got)
	}
}

func ended(t *testing.T, open func() exporter.Destination) {
	to := open()
	put(t, to, "first")
	upload := begin(t, to, "second", Look(t, to, dataName))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := upload.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit gave %v", err)
	}
	if got := read(t, to, dataName); got != "first" {
		t.Errorf("a reader sees %q", got)
	}
}

func twoNew(t *testing.T, open func() exporter.Destination) {
	race(t, open, begin(t, open(), "mine", ""), begin(t, open(), "theirs", ""))
}

func twoReplace(t *testing.T, open func() exporter.Destination) {
	put(t, open(), "first")
	version := Look(t, open(), dataName)
	race(t, open, begin(t, open(), "mine", version), begin(t, open(), "theirs", version))
}

func race(t *testing.T, open func() exporter.Destination, mine, theirs exporter.Upload) {
	t.Helper()
	if err := mine.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := theirs.Commit(t.Context()); !errors.Is(err, exporter.ErrConflict) {
		t.Errorf("the second commit gave %v", err)
	}
	if got := read(t, open(), dataName); got != "mine" {
		t.Errorf("a reader sees %q", got)
	}
}

func noObject(t *testing.T, open func() exporter.Destination) {
	other := open()
	put(t, other, "first")
	version := Look(t, other, dataName)
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
		put(t, to, run)
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, open(), dataName); got != run {
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

func begin(t *testing.T, to exporter.Destination, text string, over exporter.Version) exporter.Upload {
	t.Helper()
	upload, err := to.Create(t.Context(), dataName, over)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(upload, text); err != nil {
		t.Fatal(err)
	}
	return upload
}

func put(t *testing.T, to exporter.Destination, text string) {
	t.Helper()
	if err := begin(t, to, text, Look(t, to, dataName)).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, from exporter.Destination, name string) string {
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
