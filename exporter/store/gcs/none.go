//go:build no_gcs

package gcs

import "github.com/lemexport/lemexport/exporter/store/bucket"

// Driver is that of a build without Google Cloud Storage.
func Driver() bucket.Driver { return bucket.Driver{} }
