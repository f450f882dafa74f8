// Package rows sorts rows by their keys in bounded memory, merges sorted rows, finds the
// versions that newer ones replace, and computes the digest of rows.
package rows
