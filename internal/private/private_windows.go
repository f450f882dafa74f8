package private

import (
	"io/fs"
	"os"
)

// hasPermissions is false: on Windows, access follows from lists of the folder that a
// file is in, and the user's own folders let nobody else in.
const hasPermissions = false

// noFollow has no counterpart here; making links needs a privilege.
const noFollow = 0

func isLink(error) bool { return false }

// Owned reports whether a file belongs to the user of this process. Here the folder
// decides.
func Owned(fs.FileInfo) bool { return true }

// OwnedByRoot reports whether a file belongs to the administrator.
func OwnedByRoot(fs.FileInfo) bool { return false }

// SameOwner reports whether two files belong to the same user.
func SameOwner(fs.FileInfo, fs.FileInfo) bool { return true }

func links(fs.FileInfo) uint64 { return 1 }

func keepGroup(*os.File, fs.FileInfo) bool { return true }
