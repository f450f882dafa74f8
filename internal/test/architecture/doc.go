// Package architecture reads the source of this repository and checks what
// CONTRIBUTING.md says about it: which package may import which, where columns are
// named, where methods stand, how long a file is, and whether the files that texts name are
// there. It imports schema, for the names.
package architecture
