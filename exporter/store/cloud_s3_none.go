//go:build no_s3

package store

// s3Driver is that of a build without S3.
func s3Driver() driver { return driver{} }
