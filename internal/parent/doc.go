// Package parent tells when the process that started this one is gone, or the one
// that reads its output. It imports nothing of ours.
package parent

import "time"

// pause is the time between two looks. No system tells of a parent's end by
// itself in a way that is the same for every kind of parent: Linux's signal for
// it is about threads.
const pause = 250 * time.Millisecond
