// Package gcs is the driver of Google Cloud Storage. The build tag no_gcs leaves it out. It
// imports exporter and store/bucket.
package gcs
