// Package store is where exports are committed: a local folder today. A
// destination replaces a file in one step, and one run at a time. It imports
// the engine only, and is the one package besides the command line that touches
// files.
package store
