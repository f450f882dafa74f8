// Package config turns configuration files into a job. It imports the engine
// and schema, and HCL; it never touches the disk, the caller reads the files.
//
// There are two phases. Decoding turns HCL into a tree of blocks whose
// attributes are values with a place in a file (tree.go). Checking turns the
// tree into a job and knows nothing of HCL, so that the same rules hold for a
// configuration that arrives in another syntax.
//
// No diagnostic shows the API key. Three things see to it: source lines are
// quoted through masks (mask.go), what env() gives is marked and never quoted
// (function.go), and every text is scrubbed of the key at the end (report.go).
package config
