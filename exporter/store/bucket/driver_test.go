package bucket

import (
	"errors"
	"io"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
)

// brokenFile fails in the middle, as a disk does.
type brokenFile struct{ err error }

// ReadAt implements io.ReaderAt.
func (b brokenFile) ReadAt(p []byte, offset int64) (int, error) {
	if offset > 100 {
		return 0, b.err
	}
	return copy(p, strings.Repeat("x", min(len(p), 200))), nil
}

// gocloud commits what it has read when the reader fails; memblob shows it.
func TestAReaderThatFailsCommitsNothing(t *testing.T) {
	for name, err := range map[string]error{"broken": errors.New("broken disk"), "too short": io.EOF} {
		t.Run(name, func(t *testing.T) {
			blobs := memblob.OpenBucket(nil)
			defer func() { _ = blobs.Close() }()
			body := io.NewSectionReader(brokenFile{err}, 0, 1000)
			if got := Send(t.Context(), blobs, Put{Key: "key", Body: body}, blob.WriterOptions{}); got == nil {
				t.Error("the upload succeeded")
			}
			if _, got := blobs.Attributes(t.Context(), "key"); gcerrors.Code(got) != gcerrors.NotFound {
				t.Errorf("a part is visible (%v)", got)
			}
		})
	}
}
