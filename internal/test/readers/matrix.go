package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// line is a line of the matrix: files that a reader saw alike.
type line struct {
	reader, version, files string
	outcome                outcome
	note                   string
}

const (
	matrixBegin = "<!-- matrix: internal/test/readers/run -write -->\n"
	matrixEnd   = "<!-- end of the matrix -->\n"
	matrixHead  = "| reader | version | files | opens | values equal | filters right | note |\n|---|---|---|---|---|---|---|\n"
)

func (l line) String() string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", l.reader, l.version, l.files, l.outcome.Opens, l.outcome.Values, l.outcome.Filters, l.note)
}

func (l line) start() string { return fmt.Sprintf("| %s | %s |", l.reader, l.version) }

// linesOf puts files together that a reader saw alike, those without a note first.
func linesOf(r result, judged []judgement) []line {
	type kind struct {
		outcome outcome
		note    string
	}
	var kinds []kind
	of := map[kind][]file{}
	for _, j := range judged {
		k := kind{j.outcome, j.note}
		if of[k] == nil {
			kinds = append(kinds, k)
		}
		of[k] = append(of[k], j.file)
	}
	slices.SortStableFunc(kinds, func(a, b kind) int { return strings.Compare(a.note, b.note) })
	var lines []line
	for _, k := range kinds {
		lines = append(lines, line{r.Reader, r.Version, nameFiles(of[k], judged), k.outcome, k.note})
	}
	return lines
}

// nameFiles names some of the files that a reader saw, in as few words as it takes.
func nameFiles(some []file, judged []judgement) string {
	count := func(in func(file) bool) (seen, has int) {
		for _, j := range judged {
			if in(j.file) {
				seen++
			}
		}
		for _, f := range some {
			if in(f) {
				has++
			}
		}
		return seen, has
	}
	var names []string
	add := func(name string, count int) { names = append(names, fmt.Sprintf("%s (%d)", name, count)) }
	for _, format := range []string{"parquet", "arrow"} {
		of := func(f file) bool { return f.Format == format }
		seen, has := count(of)
		if has == 0 {
			continue
		}
		if seen == has {
			add("all of "+map[string]string{"parquet": "Parquet", "arrow": "Arrow"}[format], has)
			continue
		}
		done := map[string]bool{}
		for _, f := range some {
			if f.Format != format || done[f.Name] {
				continue
			}
			whole := func(g file) bool { return g.Setting == f.Setting }
			name := "`" + f.Setting + "`"
			if seen, has := count(whole); seen != has {
				whole = func(g file) bool { return g.Dataset == f.Dataset && g.Format == format }
				name = f.Dataset + " of " + map[string]string{"parquet": "Parquet", "arrow": "Arrow"}[format]
				if seen, has := count(whole); seen != has {
					whole = func(g file) bool { return g.Name == f.Name }
					name = f.Dataset + " of `" + f.Setting + "`"
				}
			}
			n := 0
			for _, g := range some {
				if whole(g) && !done[g.Name] {
					done[g.Name] = true
					n++
				}
			}
			add(name, n)
		}
	}
	return strings.Join(names, ", ")
}

// comparePage compares the matrix in the page with the lines, or writes them into it.
// Lines of readers that were not run stay, except when all were.
func comparePage(path string, lines []line, write, all bool) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, okBegin := strings.Cut(string(data), matrixBegin)
	old, after, okEnd := strings.Cut(rest, matrixEnd)
	if !okBegin || !okEnd {
		return fmt.Errorf("%s has no place for the matrix: %q and %q", path, matrixBegin, matrixEnd)
	}
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.String())
	}
	if !all {
		for text := range strings.SplitSeq(strings.TrimPrefix(old, matrixHead), "\n") {
			run := slices.ContainsFunc(lines, func(l line) bool { return strings.HasPrefix(text, l.start()) })
			if text != "" && !run {
				texts = append(texts, text)
			}
		}
	}
	slices.SortStableFunc(texts, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	matrix := matrixHead + strings.Join(texts, "\n") + "\n"
	if matrix == old {
		return nil
	}
	if !write {
		return errors.New("the matrix in " + path + " is not what was seen: run internal/test/readers/run -write and read the difference")
	}
	return os.WriteFile(path, []byte(before+matrixBegin+matrix+matrixEnd+after), 0o644)
}

// key orders lines by reader and version.
func key(text string) string {
	cells := strings.SplitN(text, "|", 4)
	return strings.ToLower(strings.Join(cells[:3], "|"))
}
