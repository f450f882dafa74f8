//go:build !no_gcs

package exporter

// hasGCS says that this build can write to Google Cloud Storage.
const hasGCS = true
