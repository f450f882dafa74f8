// Package duckdbtest has tests only: DuckDB reads the files that lemexport writes. It is a
// module of its own, because DuckDB needs cgo and the program does not.
package duckdbtest
