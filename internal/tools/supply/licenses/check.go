package main

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// allowed are the licences that code linked into lemexport may have: they ask for
// their text to go along, and none for more than the code they cover.
func allowed() []string {
	return []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "Unicode-DFS-2016", "Unlicense", "Zlib"}
}

// reviewed names the licences of each text that somebody has read: a line is the
// text's fingerprint, its SPDX expression, and where it was first seen.
//
//go:embed reviewed.txt
var reviewed string

// check refuses texts that nobody has read, and licences that are not allowed.
func check(texts []*text, reviewed string) error {
	known := make(map[string]string)
	for line := range strings.Lines(reviewed) {
		fields, _, _ := strings.Cut(line, "#")
		if hash, expression, ok := strings.Cut(strings.TrimSpace(fields), " "); ok {
			known[hash] = strings.TrimSpace(expression)
		}
	}
	var wrong []string
	for _, one := range texts {
		if one.notice || one.grant {
			continue
		}
		expression, ok := known[fingerprint(one.body)]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: unknown licence text. Read it; if its licence is allowed, add to reviewed.txt:\n%s SPDX-ID # %s",
				strings.Join(one.owners, ", "), fingerprint(one.body), one.owners[0]))
			continue
		}
		for id := range strings.SplitSeq(expression, " AND ") {
			if !slices.Contains(allowed(), id) {
				wrong = append(wrong, fmt.Sprintf("%s: the licence %s is not allowed: %s. Do without the module.",
					strings.Join(one.owners, ", "), id, strings.Join(allowed(), ", ")))
			}
		}
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}

var (
	holder = regexp.MustCompile(`(?im)^[\s#/*>-]*(copyright|portions copyright|©|\(c\)).*(\d{4}|\(c\)|©|authors).*$|^[\s#/*>-]*all rights reserved\.?\s*$`)
	marks  = regexp.MustCompile(`[^a-z0-9]+`)
)

// fingerprint is equal for texts that differ in their copyright lines, layout and
// case only.
func fingerprint(body string) string {
	words := marks.ReplaceAllString(strings.ToLower(holder.ReplaceAllString(body, "")), " ")
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimSpace(words))))[:16]
}
