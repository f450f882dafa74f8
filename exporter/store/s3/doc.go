// Package s3 is the driver of Amazon S3 and compatible stores. The build tag no_s3 leaves
// it out. It imports exporter and store/bucket.
package s3
