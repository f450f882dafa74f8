// Package exporter is the engine: it turns a job into a plan and a plan into a
// committed export. It knows neither lemlist nor Parquet nor disks; what it
// needs of them are the ports in ports.go. It imports schema and nothing else
// of ours.
//
// Values flow one way: job -> pages -> records -> sink -> commit. Observers
// receive events and return nothing; only cancellation travels backwards.
package exporter
