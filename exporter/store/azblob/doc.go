// Package azblob is the driver of Azure Blob Storage. The build tag no_azure leaves it out.
// It imports exporter and store/bucket.
package azblob
