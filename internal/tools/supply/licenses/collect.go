package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// text is a file that has to go with the program.
type text struct {
	// owners are the modules, or folders of modules, that have it.
	owners []string
	// notice says that it is a NOTICE file, which the Apache licence wants carried
	// on; grant that is not a licence either, but belongs to one (PATENTS).
	notice, grant bool
	body          string
}

var (
	legal  = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense|notice|patents|copyright)([-._].*)?$`)
	notice = regexp.MustCompile(`(?i)^notice`)
	grant  = regexp.MustCompile(`(?i)^(patents|copyright)`)
)

// goOwner stands for Go itself, whose licence is that of golang.org/x.
const goOwner = "Go (standard library and runtime)"

// collect reads the legal files beside the linked code and in the folders above
// it, up to the module's. Equal texts are one.
func collect(parts []part) ([]*text, error) {
	found := make(map[string]*text)
	seen := make(map[string]bool)
	licensed := make(map[string]bool)
	for _, one := range parts {
		for folder := one.folder; len(folder) >= len(one.root); folder = filepath.Dir(folder) {
			if seen[folder] {
				break
			}
			seen[folder] = true
			owner := one.module + filepath.ToSlash(strings.TrimPrefix(folder, one.root))
			licenses, err := read(folder, owner, found)
			if err != nil {
				return nil, err
			}
			licensed[one.module] = licensed[one.module] || folder == one.root && licenses > 0
		}
	}
	for _, one := range parts {
		if !licensed[one.module] {
			return nil, fmt.Errorf("%s has no licence file: do not link it", one.module)
		}
	}
	texts := make([]*text, 0, len(found))
	for _, one := range found {
		if !one.notice && !one.grant && slices.Contains(one.owners, "golang.org/x/sys") {
			one.owners = append(one.owners, goOwner)
		}
		slices.Sort(one.owners)
		texts = append(texts, one)
	}
	slices.SortFunc(texts, func(a, b *text) int { return strings.Compare(a.owners[0]+a.body, b.owners[0]+b.body) })
	return texts, nil
}

// read adds the legal files of a folder to those found, and counts the licences.
func read(folder, owner string, found map[string]*text) (licenses int, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		if entry.IsDir() || !legal.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(folder, entry.Name())) //nolint:gosec // what go list names
		if err != nil {
			return 0, err
		}
		one := &text{notice: notice.MatchString(entry.Name()), grant: grant.MatchString(entry.Name()), body: plain(string(body))}
		if known := found[one.body]; known != nil {
			one = known
		}
		found[one.body] = one
		one.owners = append(one.owners, owner)
		if !one.notice && !one.grant {
			licenses++
		}
	}
	return licenses, nil
}

// plain has no blanks at the ends of lines and no empty lines around.
func plain(body string) string {
	lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(body, "\ufeff"), "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f\r")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}
