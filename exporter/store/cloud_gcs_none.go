//go:build no_gcs

package store

// gcsDriver is that of a build without Google Cloud Storage.
func gcsDriver() driver { return driver{} }
