//go:build !windows

package parent

import (
	"context"
	"os"
	"time"
)

// Gone returns true when the parent process has ended, false when ctx has. A
// process whose parent ends gets another one.
func Gone(ctx context.Context) bool {
	first := os.Getppid()
	looks := time.NewTicker(pause)
	defer looks.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-looks.C:
			if os.Getppid() != first {
				return true
			}
		}
	}
}
