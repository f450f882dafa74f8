// Package conformance tests an implementation of lemexport.plugin.v1 against
// the contract, whatever it is written in and wherever it runs: it needs a gRPC
// client of it, and that it can reach this process on loopback. The teams that
// are read are simulated here. Names of subtests state the rules.
//
// It imports the protocol, schema's Arrow library and the simulation, nothing
// else of ours.
package conformance
