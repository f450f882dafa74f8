// Package parent tells when the process that started this one is gone, or the one
// that reads its output. It imports nothing of ours.
package parent
