// Package schema declares the tables: their columns with Arrow types, field ids and
// roles, how their rows are requested, and their forms as DDL, dbt, JSON and Arrow. It
// imports no other package of this module.
package schema
