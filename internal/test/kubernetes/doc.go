// Package kubernetes tests examples/kubernetes: the types of the Kubernetes API decode
// its manifest strictly, and its command exports simulated teams, one process a shard.
package kubernetes
