package exporter

import (
	"slices"
	"time"
)

// Proof is the account of a walk: what was asked, what came, and whether that
// is everything. It is stored in the manifest.
type Proof struct {
	// Complete is true when every conversation that was alive during the whole
	// walk is in the export, in a version that was current at some moment of it.
	Complete bool `json:"complete"`
	// Reasons says why Complete is false, one clause each; empty otherwise.
	Reasons []string `json:"reasons,omitempty"`
	// Method names the argument the proof rests on, for instance "seams+sweep".
	Method string `json:"method"`
	// Margin is what the walk allowed for clocks, caches and replicas; nil in
	// proofs of versions that had none.
	Margin *ProofMargin `json:"margin,omitempty"`
	// Partitions has one entry per partition walked, in the order of the walk.
	Partitions []PartitionProof `json:"users"`
	// Skipped are the partitions that the API refuses to give.
	Skipped []SkippedPartition `json:"skipped_users,omitempty"`
	// Requests counts every HTTP request of the walk, retries included.
	Requests int64 `json:"requests"`
	// Retries counts the requests that repeated a failed one.
	Retries int64 `json:"retries"`
	// Throttled counts the responses with status 429.
	Throttled int64 `json:"throttled"`
	// Resumed counts the pages that came from the journal of a run that was cut
	// short, and ResumedFrom is when that run began to read; nil when none did.
	// Requests counts what those pages cost, too.
	Resumed     int64      `json:"resumed_pages,omitempty"`
	ResumedFrom *time.Time `json:"resumed_from,omitempty"`
	// RowsRead counts the rows of all pages: Rows + Duplicates + Superseded.
	RowsRead int64 `json:"rows_read"`
	// Rows counts the distinct conversations.
	Rows int64 `json:"rows"`
	// Duplicates counts the rows dropped because the same version of the same
	// conversation was read again, under another user or on another page.
	Duplicates int64 `json:"duplicates"`
	// Superseded counts the rows dropped for a newer version of the conversation.
	Superseded int64 `json:"superseded"`
}

// PartitionProof is the account of one partition.
type PartitionProof struct {
	// Partition is the name of the partition: the user's id, or "" for the whole team.
	Partition string `json:"user_id,omitempty"`
	// Pages counts the pages read, re-reads and sweeps included.
	Pages    int64 `json:"pages"`
	Requests int64 `json:"requests"`
	Retries  int64 `json:"retries"`
	// RowsRead counts the rows of all those pages.
	RowsRead int64 `json:"rows_read"`
	// Duplicates and Superseded count the rows of this partition that were dropped, see Proof.
	Duplicates int64 `json:"duplicates"`
	Superseded int64 `json:"superseded"`
	// TotalStart and TotalEnd are `totalItems` of the first and the last page read;
	// null when the API did not say.
	TotalStart *int64 `json:"total_items_start"`
	TotalEnd   *int64 `json:"total_items_end"`
	// Since is where an increment ends: an earlier run has proven what is older.
	// Nil means that the list was walked in full.
	Since *time.Time `json:"since,omitempty"`
	// Widened says why an increment became a full walk.
	Widened string `json:"widened,omitempty"`
	// Reopened says why the list was walked from top to bottom once more: what the
	// API stated did not fit what it had shown.
	Reopened string `json:"reopened,omitempty"`
	// LookbackSeconds is how far below its target the last page of the walk reached:
	// the margin that was held in a single look. It is the configured one, or less
	// on a list where more than a page of conversations moves in that time.
	LookbackSeconds *float64 `json:"lookback_seconds,omitempty"`
	// Passes counts the walks from top to bottom, Sweeps the looks from the top.
	Passes int64 `json:"passes"`
	Sweeps int64 `json:"sweeps"`
	// StepBacks counts the pages read across gaps: places between two pages where a
	// row may have been missed.
	StepBacks int64 `json:"step_backs"`
	Complete  bool  `json:"complete"`
	// Method names the argument Complete rests on; empty when it is false.
	Method string `json:"method,omitempty"`
	// Doubt is what was seen that the stronger argument excludes, so that a weaker
	// one had to do.
	Doubt string `json:"doubt,omitempty"`
	// Reason says why Complete is false.
	Reason string `json:"reason,omitempty"`
	// Watermark is the newest `lastActivityAt` seen; null for an empty inbox.
	Watermark *time.Time `json:"watermark"`
}

// SkippedPartition is a partition that could not be read, and why.
type SkippedPartition struct {
	// Partition is the name of the partition: the user's id, or "" for the whole team.
	Partition string `json:"user_id,omitempty"`
	Reason    string `json:"reason"`
}

// Whole reports whether every inbox was walked in full, and proven.
func (p Proof) Whole() bool {
	return p.Complete && !slices.ContainsFunc(p.Partitions, func(u PartitionProof) bool { return u.Since != nil })
}

// Allowance returns what the proof covers: how much older than the moment of an
// activity its time may be, and how far apart the answers of different servers may
// lie. The lookback is the least that any user's last look held. It reports false
// for proofs without a margin.
func (p Proof) Allowance() (lookback, settle time.Duration, ok bool) {
	if p.Margin == nil {
		return 0, 0, false
	}
	least := p.Margin.LookbackSeconds
	for _, user := range p.Partitions {
		if user.LookbackSeconds != nil {
			least = min(least, *user.LookbackSeconds)
		}
	}
	return seconds(least), seconds(p.Margin.SettleSeconds), true
}

func seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second))
}
