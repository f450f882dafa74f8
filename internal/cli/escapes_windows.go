package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeysEscapes asks a console to understand escape sequences; old ones do not.
func obeysEscapes(file *os.File) bool {
	console := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
