// Package cli is the command line: one file per command, and the views. It
// knows the engine and the schema; main hands it the adapters.
//
// A command turns its flags into a struct, calls the engine and passes what
// comes back to a [view]. There is one view per form of output: text for people
// (human*.go) and NDJSON for programs (json*.go). The rules for both:
//
//   - Results go to stdout; progress, questions and diagnostics go to stderr.
//     With -json everything but the log goes to stdout, as one stream.
//   - Every finding is an [exporter.Diagnostic] first; both views render that.
//   - Text for people passes through a [terminal], which neutralises what could
//     act on the screen, wherever the text came from.
//   - Nothing is estimated without saying so, and no number is made up.
//   - Errors reach one place, [App.Main], which picks the exit status.
package cli
