package cli

import (
	"os"

	"golang.org/x/term"
)

// TerminalSize is the real [App.Terminal].
func TerminalSize(stream any) (width, height int, ok bool) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, 0, false
	}
	descriptor := int(file.Fd())
	if !term.IsTerminal(descriptor) || !obeysEscapes(file) {
		return 0, 0, false
	}
	width, height, err := term.GetSize(descriptor)
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24, true // a terminal that does not know
	}
	return width, height, true
}
