//go:build !windows

package parent_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/internal/parent"
)

func TestAPipeWithoutAReaderIsNoticed(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	gone := make(chan bool)
	go func() { gone <- parent.ReaderGone(t.Context(), writer) }()
	select {
	case got := <-gone:
		t.Fatalf("there is a reader, and ReaderGone returned %v", got)
	default:
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if !<-gone {
		t.Error("the reader is gone, and ReaderGone returned false")
	}
}

func TestAFileAlwaysHasAReader(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "rows"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*parent.Pause)
	defer cancel()
	if parent.ReaderGone(ctx, file) {
		t.Error("a file has no reader")
	}
}
