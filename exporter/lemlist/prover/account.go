package prover

import "time"

// Account is what is known of the list: what was read, and whether that is everything.
type Account struct {
	// Pages counts the pages read, and RowsRead their rows.
	Pages, RowsRead int64
	// TotalStart and TotalEnd are the totals of the first and the last page; nil when
	// the server did not say.
	TotalStart, TotalEnd *int64
	// Passes counts the walks from top to bottom, Sweeps the looks from the top, and
	// StepBacks the pages read across gaps.
	Passes, Sweeps, StepBacks int64
	// Method names the argument by which the list is complete; empty when it is not.
	Method string
	// Reason says why the list is not complete.
	Reason string
	// Doubt is what was seen that the stronger argument excludes, Widened why a walk from
	// a watermark became a full one, and Reopened why the list was walked once more.
	Doubt, Widened, Reopened string
	// Since is where the walk ended because an earlier one has proven the rest; nil
	// after a full walk.
	Since *time.Time
	// Lookback is how far below its target the last page reached; nil when that is not
	// part of the argument.
	Lookback *time.Duration
	// Newest is the newest version seen in microseconds, or [schema.NoVersion].
	Newest int64
	// Distinct is the number of rows seen, and Fingerprint stands for their ids, whatever
	// their order. Unnamed says that no row named whose list it is.
	Distinct    int64
	Fingerprint uint64
	Unnamed     bool
}
