// Package plugin is the process boundary: lemexport as a plugin of a data
// pipeline, over the protocol of hashicorp/go-plugin and gRPC.
//
// [Server] answers the calls of a host with the engine, and [Serve] runs it in a
// process that a host has started. Hosts in Go use the package client.
//
// The protocol is in proto/, what a host in any language does is in
// docs/plugin.md. The package imports the engine and schema, never an adapter.
package plugin

//go:generate go -C proto tool -modfile=../../internal/tools/proto/go.mod buf generate
