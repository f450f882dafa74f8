// Package parquet writes and reads the Parquet files of an export: the adapter
// of the engine's Format port. It imports the engine and schema, nothing else
// of ours.
//
// Everything is driven by [schema.Table]: no column has code of its own. A
// column is a branch of a layout; its leaves are Parquet's columns, each with
// the definition and repetition levels of the format (Apache Parquet, "Nested
// Encoding").
package parquet
