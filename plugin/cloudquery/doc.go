// Package cloudquery is the door for CloudQuery: a source plugin, protocol version 3, over
// gRPC. It translates specs, table filters, rows and errors, and does full syncs only. It
// imports the vocabulary, schema and the packages that the doors share.
package cloudquery

//go:generate go -C proto tool -modfile=../../../internal/tools/proto/go.mod buf generate
