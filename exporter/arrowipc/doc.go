// Package arrowipc writes and reads the Arrow IPC files of an export: it
// implements the engine's Format port for `format = "arrow"`. It imports exporter and
// schema, nothing else of ours.
//
// An Arrow file begins with its schema, and the manifest is known at its end. But
// the footer holds the schema again, and readers that open the file at random
// take that one (Arrow columnar format, "IPC File Format": Footer.schema; so do
// pyarrow, polars and arrow-go). So the manifest is in the metadata of the
// footer's schema only, and the file is written in one pass.
package arrowipc
