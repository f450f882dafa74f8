package exporter

import "time"

// PointerVersion is the version of the layout of a [Pointer].
const PointerVersion = 1

// PointerName is the name of a table's pointer in its destination.
func PointerName(table string) string { return table + ".json" }

// Pointer is the small JSON object that names the newest file of a versioned layout. It
// is replaced in one step; the files that it names never change.
type Pointer struct {
	// Layout is the version of the pointer's own layout, [PointerVersion].
	Layout int    `json:"lemexport_layout_version"`
	Table  string `json:"table"`
	// File is the newest file, relative to the folder of the pointer, Bytes its size and
	// SHA256 the hash of its bytes, in hexadecimal.
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// MovedBy is the run that wrote the pointer: the one of File, or one that pruned.
	MovedBy string `json:"moved_by"`
	// Versions are the files that are kept, the newest first, File included.
	Versions []StoredFile `json:"versions"`
	// Manifest is that of File without Recent, which is in the file only.
	Manifest Manifest `json:"manifest"`
}

// StoredFile is a file of an export as its footer, or its pointer, states it.
type StoredFile struct {
	File       string    `json:"file"`
	RunID      string    `json:"run_id"`
	FinishedAt time.Time `json:"finished_at"`
	Rows       int64     `json:"rows"`
	Bytes      int64     `json:"bytes"`
	Complete   bool      `json:"complete"`
}
