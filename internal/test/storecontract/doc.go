// Package storecontract holds what every destination promises, as tests that
// each of them runs. It imports the engine only.
package storecontract
