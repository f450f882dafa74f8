// Package config turns configuration files into a job. It imports the
// vocabulary, schema and HCL; it never touches the disk, the caller reads the files.
//
// There are two phases. Decoding turns HCL into a tree of blocks whose
// attributes are values with a place in a file (tree.go). Checking turns the
// tree into a job and does not know HCL, so that the same rules hold for a
// configuration in another syntax, such as JSON.
//
// No diagnostic shows the API key: source lines are quoted through masks (mask.go),
// values from env() are marked and never quoted (function.go), and the key is removed
// from every text at the end (report.go).
package config
