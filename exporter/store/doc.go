// Package store is where exports are committed: a local folder today. A
// destination replaces a file in one step, and one run at a time. It imports
// the engine only, and is the one package besides the command line that touches
// files. Another kind of destination is another case in [Open] and has to pass
// the same contract test.
package store
