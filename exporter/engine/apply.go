package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// ApplyOptions are a person's decisions about an apply.
type ApplyOptions struct {
	// AllowIncomplete commits a walk that is not proven complete, marked as such.
	AllowIncomplete bool
	// AllowShrink commits also what removes more of a file than Export.MaxShrink.
	AllowShrink bool
	// NoResume starts over, whatever an earlier run has left in its journal.
	NoResume bool
}

// Result is one committed export.
type Result struct {
	File     string            `json:"file"`
	Bytes    int64             `json:"bytes"`
	Manifest exporter.Manifest `json:"manifest"`
	// Pointer is what now names File, and SHA256 the hash of the bytes of File, in
	// hexadecimal; "" unless the layout is versioned.
	Pointer string `json:"pointer,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	// Removed are the files that were removed after the commit: versions that are no longer
	// kept, what earlier runs left, and files of another layout. NotRemoved says why some
	// are still there; the next run tries again.
	Removed    []string `json:"removed,omitempty"`
	NotRemoved string   `json:"not_removed,omitempty"`
}

// Summary is the end of an apply. It holds what is known even when the apply
// failed: the proof of an incomplete walk, the exports committed before an error.
type Summary struct {
	RunID     string `json:"run_id"`
	Simulated bool   `json:"simulated"`
	// Proof is that of the walk. Of several tables it is the sum, without partitions: it
	// is complete when all of them are, skips what one of them skips, and allows for what
	// one of them allows for.
	Proof exporter.Proof `json:"proof"`
	// Tables has an entry per table when there are several; nil otherwise.
	Tables  []TableSummary `json:"tables,omitempty"`
	Exports []Result       `json:"exports"`
	// Wanted is the number of exports of the job; fewer Exports mean that an error
	// kept some from being written.
	Wanted int `json:"exports_wanted"`
	// NothingNew are the places of append exports that had nothing to add: no file
	// was written.
	NothingNew []string `json:"nothing_new,omitempty"`
	// Kept is what an apply that failed leaves to the next one; nil when that starts
	// over.
	Kept *exporter.Kept `json:"kept,omitempty"`

	Elapsed time.Duration `json:"-"`
	Seconds float64       `json:"seconds"`
}

// TableSummary is the end of one table of several.
type TableSummary struct {
	Table string         `json:"table"`
	Proof exporter.Proof `json:"proof"`
	// Error says why exports of the table were not written, and Hint what to do; both are
	// empty when all were.
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
	// Err is the same as an error.
	Err error `json:"-"`
}

// Done is the number of exports that need nothing any more.
func (s Summary) Done() int { return len(s.Exports) + len(s.NothingNew) }

// ofOneTable reports whether an error says nothing about other tables.
func ofOneTable(err error) bool {
	return errors.Is(err, exporter.ErrIncomplete) || errors.Is(err, ErrShrunk) || errors.Is(err, exporter.ErrNoAccess)
}

// joined is what the proofs of several tables have in common; so many were wanted.
func joined(tables []TableSummary, wanted int) exporter.Proof {
	proof := exporter.Proof{Complete: len(tables) == wanted}
	var methods []string
	for _, table := range tables {
		one := table.Proof
		proof.Requests += one.Requests
		proof.Retries += one.Retries
		proof.Throttled += one.Throttled
		proof.Resumed += one.Resumed
		if proof.ResumedFrom == nil {
			proof.ResumedFrom = one.ResumedFrom
		}
		proof.RowsRead += one.RowsRead
		proof.Rows += one.Rows
		proof.Duplicates += one.Duplicates
		proof.Superseded += one.Superseded
		proof.Skipped = append(proof.Skipped, one.Skipped...)
		proof.Margin = cmp.Or(proof.Margin, one.Margin)
		if !one.Complete || table.Error != "" {
			proof.Complete = false
			if len(one.Reasons) == 0 {
				one.Reasons = []string{table.Error}
			}
		}
		for _, reason := range one.Reasons {
			proof.Reasons = append(proof.Reasons, table.Table+": "+strings.TrimPrefix(reason, table.Table+": "))
		}
		if one.Method != "" && !slices.Contains(methods, one.Method) {
			methods = append(methods, one.Method)
		}
	}
	if proof.Complete {
		proof.Method = strings.Join(methods, ", ")
	}
	return proof
}

func incomplete(proof exporter.Proof) error {
	return exporter.WithHint(Unproven(proof),
		"Nothing was written. Run apply again when the inbox is quieter. If the reason stays the same, apply -allow-incomplete writes the rows that were read, marked as incomplete.")
}

// Unproven is the error of a proof that is not complete; it wraps [exporter.ErrIncomplete].
func Unproven(proof exporter.Proof) error {
	return fmt.Errorf("%w: %s", exporter.ErrIncomplete, strings.Join(proof.Reasons, "; "))
}
