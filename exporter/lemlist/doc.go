// Package lemlist reads the tables of a lemlist team: it is the adapter for the engine's
// Source port. It imports the vocabulary and schema, no other adapter.
//
//   - source.go and survey.go ask for the team and for the first pages;
//   - walk.go reads the tables that are one list a user, several requests at a time
//     (concurrency.go, inflight.go), and keeps the responses in a journal (journal.go,
//     kept.go, takeover.go); the package prover says which pages prove a list complete;
//   - single.go reads the tables that are one response;
//   - the package client sends the requests, and the package ratelimit says when.
//
// The package only ever sends GET requests.
package lemlist
