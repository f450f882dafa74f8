//go:build no_azure

package store

// azureDriver is that of a build without Azure Blob.
func azureDriver() driver { return driver{} }
