// Package store opens the destination that a location names: a local folder, or a folder in
// an object store. Each technology is a package below it; they import exporter and what they
// share (bucket for the object stores, disk for the local ones), never each other.
//
// Every destination replaces a file in one step, and only the version that the run has
// read. A local folder admits one run at a time; an object store admits all, and refuses
// every commit but the first. A new kind of destination is another case in [Options.Open]
// and has to pass the same contract.
package store
