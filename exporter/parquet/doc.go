// Package parquet writes and reads the Parquet files of an export: the adapter
// of the engine's Format port. It imports the engine and schema, nothing else
// of ours.
//
// Everything is driven by [schema.Table]: no column has code of its own. A
// column is a branch of a layout; its leaves are Parquet's columns, each with
// the definition and repetition levels of the format (Apache Parquet, "Nested
// Encoding").
//
// Writing goes through these, one after the other: a sink takes records and ends
// pages and row groups; a shredder gives the values of a column of the table to
// the columns of its leaves, as slots with levels; a column gathers a page of
// them; the packer encodes and compresses it; a chunk keeps what the footer and
// the page index say about it. Pages are bytes from then on, until their row group
// is complete.
//
// Reading goes the same way back: a reader asks intakes, one a Parquet column, for
// the rows of a record, and lets the one that has the fewest read on; its pages
// check each page against its checksum and the footer, and the unpacker decompresses
// it; levels and a stock hold what was decoded until a record takes it; an assembler
// makes the array of a column of the table of what its leaves took, in memory that
// is the record's own. Nothing in a file is believed before it was compared with
// something else, and no memory is allocated because a file says so.
//
// Verifying reads the rows under a watch, which also sees what no row shows: it
// hashes everything but page bodies and compares that with the file's checksums. In
// a file without checksums it has a sink write everything but the pages again.
package parquet
