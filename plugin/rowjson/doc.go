// Package rowjson writes the rows of a table as JSON objects, and its columns as a JSON
// Schema, for hosts that exchange rows as JSON. It imports schema only.
package rowjson
