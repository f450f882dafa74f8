//go:build !no_azure

package exporter

// hasAzure says that this build can write to Azure Blob.
const hasAzure = true
