package engine_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/schema"
)

// counting counts the temporary files that are made; without a folder there are none.
type counting struct {
	*scratch.Scratch
	files int
}

// File implements exporter.Scratch.
func (c *counting) File() (exporter.ScratchFile, error) {
	c.files++
	return c.Scratch.File()
}

// The ids of a file that is verified go to a temporary file when they do not fit into memory, and a
// temporary file that cannot be written is an error, which says nothing of the export.
func TestVerifyFindsDuplicatesInAFileThatDoesNotFitIntoMemory(t *testing.T) {
	const some = 3000
	b := newBench(t, sim.Options{Conversations: some})
	b.mustApply(t, b.job(b.dir))
	all, manifest := load(t, b.file())
	path := filepath.Join(t.TempDir(), "changed.parquet")
	save(t, path, schema.InboxConversations(), []arrow.Record{all.NewSlice(0, some-1), all.NewSlice(some-5, some-4)}, manifest)

	const enough, tooLittle = exporter.LeastMemory, 256 << 10
	for _, memory := range []int64{enough, tooLittle} {
		files := &counting{Scratch: scratch.New(t.TempDir())}
		b.Memory, b.Scratch = memory, files
		b.mustVerify(t, b.file())
		verified, err := b.Verify(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if want := "3000 ids, 1 of them more than once"; !slices.ContainsFunc(verified.Checks, func(c engine.Check) bool {
			return c.Name == "unique ids" && !c.OK && c.Detail == want
		}) {
			t.Errorf("with %d bytes: %+v, want %q", memory, verified.Checks, want)
		}
		if (files.files > 0) != (memory == tooLittle) {
			t.Errorf("with %d bytes: %d temporary files", memory, files.files)
		}
		b.Scratch = scratch.New(filepath.Join(t.TempDir(), "missing"))
		_, err = b.Verify(t.Context(), b.file())
		if (err != nil) != (memory == tooLittle) {
			t.Errorf("with %d bytes and no folder for temporary files: %v", memory, err)
		}
		if err != nil && (errors.Is(err, exporter.ErrAltered) || !strings.Contains(err.Error(), "temporary index") || exporter.Hint(err) == "") {
			t.Errorf("the error is %v (hint %q)", err, exporter.Hint(err))
		}
	}
}
