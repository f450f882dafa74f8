// Package store is where exports are committed: a local folder, or a folder in
// an object store (S3, Google Cloud Storage, Azure Blob). A destination replaces
// a file in one step, and never a version that the run has not seen. A local
// folder lets in one run at a time; an object store lets in all, and refuses
// every commit but the first. The package imports the engine only, and is the one
// besides the command line that touches files. Another kind of destination is
// another case in [Open] and has to pass the same contract.
package store
