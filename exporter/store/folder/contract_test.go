package folder

import (
	"io"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/storecontract"
)

func TestTheFolderKeepsTheContract(t *testing.T) {
	storecontract.Run(t, storecontract.Kind{Locks: true}, func(t *testing.T) func() exporter.Destination {
		dir := t.TempDir()
		return func() exporter.Destination { return New(dir) }
	})
}

func begin(t *testing.T, to exporter.Destination, text string) exporter.Upload {
	t.Helper()
	upload, err := to.Create(t.Context(), dataName, storecontract.Look(t, to, dataName))
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
