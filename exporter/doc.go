// Package exporter is the vocabulary of an export and the ports of the engine: jobs,
// manifests, proofs, positions, events, diagnostics, errors, and what a source, a file
// format and a destination have to do. It imports schema and nothing else of ours.
//
// Values flow one way: job -> pages -> records -> sink -> commit. Observers
// receive events and return nothing; only cancellation travels backwards.
package exporter
