// Package recordtest makes records for the tests of file formats, and compares
// them. Only tests import it. It imports schema, nothing else of ours.
package recordtest
