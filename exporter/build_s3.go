//go:build !no_s3

package exporter

// hasS3 says that this build can write to S3.
const hasS3 = true
