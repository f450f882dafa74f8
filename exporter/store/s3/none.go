//go:build no_s3

package s3

import "github.com/lemexport/lemexport/exporter/store/bucket"

// Driver is that of a build without S3.
func Driver() bucket.Driver { return bucket.Driver{} }
