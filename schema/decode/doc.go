// Package decode turns one JSON page of the API into one Arrow record of a table,
// and accounts for every value that the page holds. It imports schema only.
package decode
