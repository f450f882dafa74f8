// Package disk holds what the stores on a local disk share: file locks, and what a person
// can do about an error of the file system. It imports exporter and internal/private.
package disk
