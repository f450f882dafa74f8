// Package schema is the table: its columns, their Arrow types and field ids,
// and the way from one JSON page of the API to one Arrow record. It is a leaf
// and imports nothing of ours.
package schema
