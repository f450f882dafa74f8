package store

// limitFileSize has no counterpart here; the tests that need it are for Unix.
func limitFileSize() { panic("no file size limit on Windows") }
