package exporter

import (
	"errors"
	"strings"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// The modes of an export.
const (
	// ModeSnapshot reads everything and replaces the file.
	ModeSnapshot = "snapshot"
	// ModeMerge reads what is newer and merges it into the file.
	ModeMerge = "merge"
	// ModeAppend reads what is newer and adds a file of its own.
	ModeAppend = "append"
)

// Job is what a validated configuration says about one team: its source and what to
// export from it.
type Job struct {
	// Team names the team in a configuration of several: the key of for_each, or the
	// second label of the source. It is empty when the configuration has one source.
	Team    string `json:",omitempty"`
	Source  SourceConfig
	Exports []Export
	// Full asks for a full walk, whatever earlier runs have proven.
	Full bool `json:",omitzero"`
}

// DefaultMaxElapsed is how long one request is tried where nothing else is configured.
const DefaultMaxElapsed = 5 * time.Minute

// SourceConfig says which team to read. Either APIKey or Simulate is set.
type SourceConfig struct {
	// Type names the source, "lemlist".
	Type string
	// APIKey is the team's key; zero with Simulate.
	APIKey Secret
	// Endpoint is the base URL of the API, without a final slash.
	Endpoint string
	// Users restricts the walk to these user ids; empty means every user of the team.
	Users []string
	// Margin is what the walk allows for clocks, caches and replicas.
	Margin Margin `json:",omitzero"`
	// MaxElapsed is how long one request is tried before the run ends; 0 is
	// DefaultMaxElapsed.
	MaxElapsed time.Duration `json:",omitzero"`
	// JournalMaxAge is how old the pages of a walk may become, those in a journal
	// included, before nothing is proven by them; 0 is [DefaultJournalMaxAge].
	JournalMaxAge time.Duration `json:",omitzero"`
	// Heartbeat is what a monitor waits for.
	Heartbeat Heartbeat `json:",omitzero"`
	// Simulate, when set, replaces the API by an in-process simulated team.
	Simulate *Simulation
}

// IsSimulatedKey reports whether an API key is one of the simulated API, which opens nothing.
func IsSimulatedKey(key string) bool { return strings.HasPrefix(key, "51301a7ed0") }

// Simulation describes the simulated team of a `simulate {}` block.
type Simulation struct {
	// Users is the number of members of the team, at least 1.
	Users int
	// Conversations is the number of distinct conversations of the team.
	Conversations int
	// Seed makes the team; the same seed gives the same conversations.
	Seed uint64
	// Unlimited switches the simulated API's rate limit off, and with it our own.
	Unlimited bool
}

// Export is one `export` block.
type Export struct {
	// Table names the table, for instance "inbox_conversations".
	Table string
	// Destination is the location as written: a folder or a URL.
	Destination string
	// Format is "parquet" or "arrow".
	Format string
	// Mode is "snapshot", "merge" or "append".
	Mode string
	// Columns says what is left out and what is hashed.
	Columns Columns
	// FullEvery is how old the last full proof of a merge or append export may
	// become before everything is read again; see [DefaultFullEvery].
	FullEvery time.Duration `json:",omitzero"`
	// MaxShrink is the share of the conversations of the current file that one run may
	// remove, from 0 to 1; nil is [DefaultMaxShrink].
	MaxShrink *float64 `json:",omitempty"`
	// FileMode is the permission of files on a local disk, as octal text; "" keeps that of
	// a file that is replaced, and makes new ones private. See [ParseFileMode].
	FileMode string `json:",omitempty"`
	// Layout is where the files are, one of the Layout constants; "" is [LayoutCurrent].
	Layout string `json:",omitempty"`
	// Keep is how many versions stay with [LayoutVersioned]; 0 is [DefaultKeep].
	Keep int `json:",omitzero"`
	// Parquet and Arrow hold the options of the formats.
	Parquet ParquetOptions
	Arrow   ArrowOptions
}

// The layouts of the files of a snapshot or a merge.
const (
	// LayoutCurrent is one file, named after the table, that each run replaces.
	LayoutCurrent = "current"
	// LayoutVersioned is a file for each run, which never changes, and a [Pointer] that
	// names the newest.
	LayoutVersioned = "versioned"
)

// Versioned reports whether each run writes a file under another name, which a pointer
// names.
func (e Export) Versioned() bool { return e.Layout == LayoutVersioned }

// Columns is a `columns {}` block: what does not leave the source as it is.
type Columns struct {
	schema.Selection
	// HashKey is the key of the hashes; zero when nothing is hashed.
	HashKey Secret
}

// ArrowOptions are the options of an `arrow {}` block.
type ArrowOptions struct {
	// Compression of the bodies: "zstd", "lz4" or "none"; "" is "zstd".
	Compression string
}

// ParquetOptions are the options of a `parquet {}` block.
type ParquetOptions struct {
	// Compression is "zstd", "snappy", "gzip" or "none"; "" is "zstd".
	Compression string
	// Level is that of the compression, 1 to 22 for zstd, 1 to 9 for gzip; 0 is the
	// default.
	Level int
	// RowGroupSize is the most rows of a row group; 0 is the default.
	RowGroupSize int
	// Bloom names the text columns that get a bloom filter; nil is `id`.
	Bloom []string
	// Encoding is one of the Encoding constants; "" is [EncodingPortable].
	Encoding string `json:",omitempty"`
	// Extra is the type of the column `extra`, [ExtraString] or [ExtraJSON]; "" is the first.
	Extra string `json:",omitempty"`
}

// The encodings of the values of a Parquet file.
const (
	// EncodingPortable is PLAIN and dictionaries for text, and deltas for times.
	EncodingPortable = "portable"
	// EncodingCompact has delta encodings for text too, which not every reader knows.
	EncodingCompact = "compact"
	// EncodingPlain is PLAIN and dictionaries for everything.
	EncodingPlain = "plain"
)

// The logical types of the column `extra` in a Parquet file.
const (
	// ExtraString is STRING: text in every reader.
	ExtraString = "string"
	// ExtraJSON is JSON, which some readers turn into a type of their own.
	ExtraJSON = "json"
)

// SameColumns fails when two exports of a job want different columns of one table: they
// share one walk, and its rows are kept in one form.
func SameColumns(a, b Export) error {
	first, other := a.Columns, b.Columns
	if a.Table != b.Table || first.Equal(other.Selection) && first.HashKey == other.HashKey {
		return nil
	}
	return WithHint(errors.New("the exports leave out or hash different columns"),
		"Exports of one table in one configuration share one walk. Give all of them the same columns block, or put them into different configurations.")
}

// DefaultKeep is how many versions stay where nothing else is configured: a reader that
// has read the pointer finds its file for two more runs. MostKeep bounds the pointer.
const (
	DefaultKeep = 3
	MostKeep    = 1000
)

// DefaultMaxShrink is the share of a file's conversations that may go in one run
// where nothing else is configured.
const DefaultMaxShrink = 0.5

// DefaultFullEvery is how old the last full proof may become where nothing else is
// configured.
const DefaultFullEvery = 7 * 24 * time.Hour

// DefaultJournalMaxAge is how old the pages of a walk may become where nothing else
// is configured.
const DefaultJournalMaxAge = 24 * time.Hour
