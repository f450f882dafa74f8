// Package duckdbtest holds tests only: real DuckDB reads the files we write.
// It is a module of its own, so that the product stays free of cgo.
package duckdbtest
