package parent

import (
	"context"
	"os"

	"golang.org/x/sys/windows"
)

// Gone returns true when the parent process has ended, false when ctx has.
func Gone(ctx context.Context) bool {
	handle, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil {
		return true // there is none any more
	}
	defer func() { _ = windows.CloseHandle(handle) }()
	return watch(ctx, func() bool {
		event, err := windows.WaitForSingleObject(handle, 0)
		return err == nil && event == windows.WAIT_OBJECT_0
	})
}
