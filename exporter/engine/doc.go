// Package engine turns a job into a plan, and a plan into committed exports; it reads
// tables for consumers that keep the rows themselves, and verifies what was written. It
// knows neither lemlist nor Parquet nor disks: main gives it the adapters.
package engine
