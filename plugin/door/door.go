// Package door holds what the doors for foreign hosts share: the engine as they see it, the
// host's configuration, and the choice of a table's columns. It imports the vocabulary and
// schema only.
package door

import (
	"context"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
)

// Engine reads tables.
type Engine interface {
	// Check asks the API for the team of a job, which needs a valid key.
	Check(ctx context.Context, job exporter.Job) error
	// Read prepares a reading of a table from a position, or in full from nil. A position
	// of another configuration is an error of the reading.
	Read(job exporter.Job, table string, since []byte) Reading
}

// Reading is one pass over a table.
type Reading interface {
	// Batches yields the rows, each once, newest version first, when the walk is proven
	// complete: an error that comes first means that there are no rows. The error of a
	// walk that cannot be proven wraps [exporter.ErrIncomplete]. A record is the loop
	// body's only until the next iteration.
	Batches(ctx context.Context) iter.Seq2[arrow.Record, error]
	// Full reports, from the first batch on, whether the rows are the whole table, so that
	// others are gone.
	Full() bool
	// Position is, after Batches, where the next reading goes on, as JSON; nil when that
	// has to be a full one.
	Position() []byte
}
