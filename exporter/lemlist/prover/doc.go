// Package prover is the argument of docs/walk.md as code: it decides which pages of a
// list that moves have to be read until the list is proven complete, or why it is not.
// It does no input or output, and what it does follows from the calls alone. It imports
// schema only.
package prover
