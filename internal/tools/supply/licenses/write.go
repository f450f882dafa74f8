package main

import (
	"bytes"
	"fmt"
	"strings"
)

var rule = strings.Repeat("-", 80) //nolint:gochecknoglobals // a constant

// licenses is the text of THIRD_PARTY_LICENSES.
func licenses(texts []*text) []byte {
	var out bytes.Buffer
	out.WriteString(`lemexport is licensed under the Apache License 2.0: see LICENSE. Programs built
from it contain the modules below, under the licences that follow their names.
Made by .ci/licenses. Do not edit.
`)
	for _, one := range texts {
		if !one.notice {
			write(&out, one)
		}
	}
	return out.Bytes()
}

// notices is the text of NOTICE: the project's own, and those that have to be
// carried on.
func notices(texts []*text) []byte {
	var out bytes.Buffer
	out.WriteString(`lemexport
Copyright The lemexport Authors

This product includes the software listed in THIRD_PARTY_LICENSES. The notices
of that software follow. Made by .ci/licenses. Do not edit.
`)
	for _, one := range texts {
		if one.notice {
			write(&out, one)
		}
	}
	return out.Bytes()
}

func write(out *bytes.Buffer, one *text) {
	fmt.Fprintf(out, "\n%s\n%s\n%s\n\n%s", rule, strings.Join(one.owners, "\n"), rule, one.body)
}
