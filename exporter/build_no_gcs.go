//go:build no_gcs

package exporter

// hasGCS says that the build tag has left out Google Cloud Storage.
const hasGCS = false
