// Package decode turns one JSON response of the API into one Arrow record of a table,
// and keeps or names every value of its rows. It imports schema only.
package decode
