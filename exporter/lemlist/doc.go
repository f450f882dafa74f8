// Package lemlist reads a team's inbox from the lemlist API: it is the adapter
// for the engine's Source port. It imports the engine and schema, no other adapter.
//
// Three layers, each knowing only the one below:
//
//   - the walk (walk*.go, seam*.go, sweep*.go) reads a list that moves while it
//     is read, and proves that nothing was missed;
//   - the client (client.go, retry.go, attempt.go) turns one question into one
//     good answer, whatever it takes, or into an error that says what to do;
//   - the limiter (limiter.go, budget.go) decides when a request may leave.
//
// The key goes into one header of requests to one host and nowhere else: no
// redirect is followed, and every text that a server or the network made passes
// the redactor before it becomes an error, an event or a log line. The package
// only ever sends GET requests to /team and /inbox.
package lemlist
