// Package plugin is the process boundary: lemexport as a plugin of a data
// pipeline, over hashicorp/go-plugin and gRPC.
//
// For hosts, [Start] loads a lemexport binary and gives a [Client] with typed
// calls: the schema, a plan, record batches, a finished export. For lemexport
// itself, [Server] answers these calls with the engine, and [Serve] runs it in a
// process that a host has started.
//
// The protocol is in proto/, what a host in any language does is in
// docs/plugin.md. The package imports the engine and schema, never an adapter.
package plugin

//go:generate go -C proto tool -modfile=../../internal/tools/proto/go.mod buf generate
