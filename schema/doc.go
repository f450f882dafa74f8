// Package schema declares the tables: their columns, Arrow types and field ids, and
// what else the rest of the program has to know of a table. It imports nothing of ours.
package schema
