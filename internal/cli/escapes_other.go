//go:build !windows

package cli

import "os"

// obeysEscapes reports whether a terminal understands escape sequences.
func obeysEscapes(*os.File) bool { return true }
