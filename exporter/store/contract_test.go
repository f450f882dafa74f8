package store

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

// contract is what every destination promises.
func contract(t *testing.T, open func(t *testing.T) exporter.Destination) {
	t.Run("an object that was never written does not exist", func(t *testing.T) {
		if _, err := open(t).Open(t.Context(), dataName); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open gave %v", err)
		}
	})
	t.Run("a reader sees nothing before the commit, then all of it", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		upload := begin(t, to, "second")
		if got := read(t, to); got != "first" {
			t.Errorf("before the commit a reader sees %q", got)
		}
		if err := upload.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, to); got != "second" {
			t.Errorf("after the commit a reader sees %q", got)
		}
	})
	t.Run("a reader of the old version keeps it", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		object, err := to.Open(t.Context(), dataName)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = object.Close() }()
		put(t, to, "second, and longer")
		got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
		if err != nil || string(got) != "first" {
			t.Errorf("the open object now holds %q (%v)", got, err)
		}
	})
	t.Run("abort keeps the old version; after a commit it does nothing", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		upload := begin(t, to, "second")
		if err := upload.Abort(); err != nil {
			t.Fatal(err)
		}
		if err := upload.Abort(); err != nil {
			t.Errorf("a second Abort failed: %v", err)
		}
		if err := upload.Commit(t.Context()); err == nil {
			t.Error("a commit after Abort succeeded")
		}
		if got := read(t, to); got != "first" {
			t.Errorf("a reader sees %q", got)
		}
		upload = begin(t, to, "third")
		if err := errors.Join(upload.Commit(t.Context()), upload.Abort()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, to); got != "third" {
			t.Errorf("after Commit and Abort a reader sees %q", got)
		}
	})
	t.Run("a context that has ended commits nothing", func(t *testing.T) {
		to := open(t)
		put(t, to, "first")
		upload := begin(t, to, "second")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := upload.Commit(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Commit gave %v", err)
		}
		if got := read(t, to); got != "first" {
			t.Errorf("a reader sees %q", got)
		}
	})
	t.Run("objects in a folder are listed in order, once they are committed", func(t *testing.T) {
		to := open(t)
		for _, folder := range []string{"", "data"} {
			if names, err := to.List(t.Context(), folder); err != nil || len(names) != 0 {
				t.Errorf("an empty destination lists %q in %q (%v)", names, folder, err)
			}
		}
		put(t, to, "beside")
		for _, name := range []string{"data/b-2.parquet", "data/b-1.parquet", "data/a-3.parquet"} {
			upload, err := to.Create(t.Context(), name)
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
		object, err := to.Open(t.Context(), "data/b-1.parquet")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = object.Close() }()
		if got, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size())); err != nil || string(got) != "data/b-1.parquet" {
			t.Errorf("the object holds %q (%v)", got, err)
		}
	})
	t.Run("the second run is told of the first, and may go on after it", func(t *testing.T) {
		to := open(t)
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
	})
}

func begin(t *testing.T, to exporter.Destination, text string) exporter.Upload {
	t.Helper()
	upload, err := to.Create(t.Context(), dataName)
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
	if err := begin(t, to, text).Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, from exporter.Destination) string {
	t.Helper()
	object, err := from.Open(t.Context(), dataName)
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

func TestFolderKeepsTheContract(t *testing.T) {
	contract(t, func(t *testing.T) exporter.Destination {
		folder, err := Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return folder
	})
}
