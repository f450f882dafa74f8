// Package storetest holds tests only: exports go to real object stores, in this
// process or beside it, over a network that breaks. It is a module of its own,
// so that the servers stay out of the product's dependencies.
package storetest
