//go:build no_s3

package exporter

// hasS3 says that the build tag has left out S3.
const hasS3 = false
