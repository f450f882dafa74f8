package parent

import (
	"context"
	"os"
)

// ReaderGone returns true when nobody can read any more what is written to the pipe or
// socket, false when ctx has ended. Files always have a reader, and where the system
// does not tell, so do pipes.
func ReaderGone(ctx context.Context, pipe *os.File) bool {
	return watch(ctx, func() bool { return isBroken(pipe) })
}
