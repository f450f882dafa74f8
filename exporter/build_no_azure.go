//go:build no_azure

package exporter

// hasAzure says that the build tag has left out Azure Blob.
const hasAzure = false
