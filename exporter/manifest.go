package exporter

import "time"

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
