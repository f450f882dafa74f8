package exporter

import (
	"time"

	"github.com/lemexport/lemexport/schema"
)

// ManifestKey is the key of the manifest in a file's key-value metadata.
const ManifestKey = "lemexport.manifest"

// FooterHashKey is the key, in the same place, of the SHA-256 of the end of the file
// from the footer on, in hexadecimal. While it is computed its digits are zeros.
const FooterHashKey = "lemexport.footer.sha256"

// ManifestVersion is the version of the manifest's own layout.
const ManifestVersion = 1

// Manifest is what an export says about itself. It lives inside the data file,
// so data and state cannot disagree.
type Manifest struct {
	Version int    `json:"manifest_version"`
	RunID   string `json:"run_id"`
	Tool    Tool   `json:"tool"`
	// Simulated is true when the data came from a simulated API: no row is real.
	Simulated         bool           `json:"simulated"`
	Source            ManifestSource `json:"source"`
	Table             string         `json:"table"`
	SchemaVersion     int            `json:"schema_version"`
	SchemaFingerprint string         `json:"schema_fingerprint"`
	// Columns says what the file leaves out and what it hashes; nil when nothing.
	Columns *ManifestColumns `json:"columns,omitempty"`
	Mode    string           `json:"mode"`
	Window  Window           `json:"window"`
	Rows    int64            `json:"rows"`
	Content Content          `json:"content"`
	// Watermarks is per user id how far the inbox is proven: the newest
	// `lastActivityAt` seen by the last walk that proved it.
	Watermarks map[string]time.Time `json:"watermarks"`
	// Recent is per user id what the run knows of the rows within the lookback below
	// the watermark, for the next increment.
	Recent map[string]Recent `json:"recent,omitempty"`
	// AtWatermark lists per user the ids whose `lastActivityAt` is the watermark.
	// Append files of earlier versions have it in place of Recent.
	AtWatermark map[string][]string `json:"ids_at_watermark,omitempty"`
	// FullProof names the last run that walked every inbox in full and proved it;
	// merge and append only. Nil when there is none.
	FullProof *FullProof `json:"full_proof,omitempty"`
	// Previous is the file that the run went on from; nil when it began anew.
	Previous *Previous `json:"previous,omitempty"`
	// Sequence numbers the files of a lineage from 1; append only.
	Sequence int64 `json:"sequence,omitempty"`
	// Beside is a SHA-256 of the names of the files that stood beside this one when
	// the run began; append only. A file of which it still holds is the newest.
	Beside string `json:"beside,omitempty"`
	// Changes is what the run did to the rows of Previous; merge only.
	Changes *Changes `json:"changes,omitempty"`
	// UnknownFields are the API's keys that the table does not model, as found in `extra`.
	UnknownFields []string `json:"unknown_fields,omitempty"`
	Proof         Proof    `json:"proof"`
}

// Tool names the program that wrote the file.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ManifestSource says where the rows come from.
type ManifestSource struct {
	Type     string `json:"type"`
	Endpoint string `json:"endpoint"`
	TeamID   string `json:"team_id"`
}

// Window is the time the walk took, by the local clock, and the span of the
// rows' `lastActivityAt`, by the server's.
type Window struct {
	StartedAt      time.Time  `json:"started_at"`
	FinishedAt     time.Time  `json:"finished_at"`
	OldestActivity *time.Time `json:"oldest_activity_at"`
	NewestActivity *time.Time `json:"newest_activity_at"`
}

// Content identifies the rows of a file, whatever the file's encoding, row groups
// and batches. Their order follows from the rows.
type Content struct {
	Algorithm string `json:"algorithm"`
	// SHA256 is the sum of the SHA-256 of all rows without the time of fetching, so that
	// two exports of an unchanged inbox have the same.
	SHA256 string `json:"sha256"`
	// FetchedAt is a sum over the times of fetching of all rows.
	FetchedAt string `json:"fetched_at"`
}

// FullProof is a run that walked every inbox in full and proved it.
type FullProof struct {
	RunID string `json:"run_id"`
	// FinishedAt is when its walk ended, by the local clock.
	FinishedAt time.Time `json:"finished_at"`
	Method     string    `json:"method"`
}

// Previous is the file that a run went on from.
type Previous struct {
	RunID string `json:"run_id"`
	Rows  int64  `json:"rows"`
}

// Changes counts what a merge did. The rows of the new file are Added + Updated
// + Refreshed + Kept, those of the old one Updated + Refreshed + Kept + Removed.
type Changes struct {
	// Added are conversations that the old file did not have.
	Added int64 `json:"added"`
	// Updated were replaced by another version, Refreshed by the same one, read again.
	Updated   int64 `json:"updated"`
	Refreshed int64 `json:"refreshed"`
	// Kept were not read, or not in a newer version.
	Kept int64 `json:"kept"`
	// Removed are those that a proven full walk no longer shows.
	Removed int64 `json:"removed"`
}

// Recent is what a run knows of the newest rows of one user's list. The next
// increment reads down to Floor again and compares.
type Recent struct {
	// Floor is the watermark less the lookback for increments, or higher where the
	// walk did not reach so far or the rows would be too many.
	Floor time.Time `json:"floor_at"`
	// Known is how many conversations of the list, as old as Floor or newer, the
	// walk showed; nil when it did not prove the list.
	Known *int64 `json:"conversations_since_floor,omitempty"`
	// Rows are the rows from Floor on that this file or an earlier one has, and
	// some older ones; append only. See rowPrint.
	Rows string `json:"rows,omitempty"`
}

// ManifestColumns is what a file says about the columns that it does not hold
// as the API sent them. With it the file's schema follows from the table.
type ManifestColumns struct {
	// Excluded and Hashed are names of columns, sorted.
	Excluded []string `json:"excluded,omitempty"`
	Hashed   []string `json:"hashed,omitempty"`
	// Personal are the columns that identify people or hold what they wrote, and that
	// the file has as the API sent them; absent in files of versions that did not say.
	Personal []string `json:"personal,omitempty"`
	// HashAlgorithm and HashKeyID are set when columns are hashed. The id tells
	// whether two files were hashed with one key; the key does not follow from it.
	HashAlgorithm string `json:"hash_algorithm,omitempty"`
	HashKeyID     string `json:"hash_key_id,omitempty"`
}

// Selection is what the file's table was selected with.
func (m *ManifestColumns) Selection() schema.Selection {
	if m == nil {
		return schema.Selection{}
	}
	return schema.Selection{Exclude: m.Excluded, Hash: m.Hashed}
}

// KeyID is the id of the hash key; "" when nothing is hashed.
func (m *ManifestColumns) KeyID() string {
	if m == nil {
		return ""
	}
	return m.HashKeyID
}
