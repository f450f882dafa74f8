package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// fingerprint implements Table.Fingerprint.
func fingerprint(t *Table) string {
	hash := sha256.New()
	_, _ = fmt.Fprintf(hash, "%s %d\n", t.Name, t.Version)
	for _, column := range t.Columns {
		describe(hash, column, 0)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

// describe writes one line per column, nested ones indented.
func describe(w io.Writer, column Column, depth int) {
	_, _ = fmt.Fprintf(w, "%*s%d %s %s required=%t", 2*depth, "", column.ID, column.Name, column.Type, column.Required)
	if column.Hashed {
		_, _ = io.WriteString(w, " "+HashAlgorithm)
	}
	_, _ = io.WriteString(w, "\n")
	if column.Elem != nil {
		describe(w, *column.Elem, depth+1)
	}
	for _, field := range column.Fields {
		describe(w, field, depth+1)
	}
}
