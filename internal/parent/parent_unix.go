//go:build !windows

package parent

import (
	"context"
	"os"
)

// Gone returns true when the parent process has ended, false when ctx has. A
// process whose parent ends gets another one.
func Gone(ctx context.Context) bool {
	first := os.Getppid()
	return watch(ctx, func() bool { return os.Getppid() != first })
}
