//go:build no_azure

package azblob

import "github.com/lemexport/lemexport/exporter/store/bucket"

// Driver is that of a build without Azure Blob Storage.
func Driver() bucket.Driver { return bucket.Driver{} }
