package parent

import (
	"context"
	"os"
	"time"
)

// ReaderGone returns true when nobody can read any more what is written to the pipe or
// socket, false when ctx has ended. Files always have a reader, and where the system
// does not tell, so do pipes.
func ReaderGone(ctx context.Context, pipe *os.File) bool {
	looks := time.NewTicker(pause)
	defer looks.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-looks.C:
			if isBroken(pipe) {
				return true
			}
		}
	}
}
