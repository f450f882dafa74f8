// Package parquet writes and reads the Parquet files of an export: it implements the
// engine's Format port. It imports exporter and schema, nothing else of ours.
//
// Everything is driven by [schema.Table]: no column has code of its own. A column is a
// node of a layout; its leaves are the columns of the Parquet file, each with a maximum
// definition and repetition level (Apache Parquet, "Nested Encoding").
//
// Writing: the sink takes records and ends pages and row groups. A shredder passes the
// values of a table column to the columns of its leaves, as slots with levels. A column
// collects a page of them, and the page encoder encodes and compresses it. A chunk keeps
// what the footer and the page index say about the column in a row group. Encoded pages
// wait in memory until their row group is complete; the file writer adds bloom filters,
// indexes and the footer.
//
// Reading is the inverse: the reader has a column reader for every Parquet column, and
// always lets the one with the fewest rows read on. Its page reader checks each page
// against its checksum and the footer, and the page decoder decompresses it. Levels and a
// value buffer hold what was decoded until a record takes it. An assembler builds the
// array of a table column from its leaves, in memory that only the record uses. Every
// number in a file is compared with another one before it is trusted, and none of them
// alone decides how much memory is allocated.
//
// Verifying reads the rows and also passes them to a verifier. The hash verifier hashes
// everything but page bodies and compares that with the file's checksum. For a file
// without checksums, the rewrite verifier has a sink write everything but the pages again.
package parquet
