package parent

import "os"

// isBroken cannot be asked: only a write tells.
func isBroken(*os.File) bool { return false }
