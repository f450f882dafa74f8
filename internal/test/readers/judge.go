package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// result is what a reader's script says of the files it was made for.
type result struct {
	Reader  string          `json:"reader"`
	Version string          `json:"version"`
	Files   map[string]seen `json:"files"`

	folder string
}

// seen is what a reader saw of one file; its rows are beside result.json.
type seen struct {
	Error string `json:"error"`
	// Answers are a count, an error, or "not asked" where a reader has no such filter;
	// nil where it has none at all.
	Answers map[string]any `json:"answers"`
	// Present counts the values of columns that are not null, where the reader has
	// statistics of its own.
	Present map[string]int `json:"present"`
}

// outcome is one line of the matrix for one file.
type outcome struct {
	Opens   string `json:"opens"`
	Values  string `json:"values"`
	Filters string `json:"filters"`
}

const (
	yes  = "yes"
	no   = "no"
	none = "–" // the reader has no filters
)

// known is a difference that is the reader's own.
type known struct {
	Reader  string   `json:"reader"`
	Version string   `json:"version"` // "" is every version
	Files   []string `json:"files"`   // patterns of names
	outcome
	Note string `json:"note"`
}

func (k known) covers(reader, version, file string) bool {
	return k.Reader == reader && (k.Version == "" || k.Version == version) && slices.ContainsFunc(k.Files, func(pattern string) bool {
		matched, err := path.Match(pattern, file)
		return err == nil && matched
	})
}

// judgement is a file that one reader read.
type judgement struct {
	file    file
	outcome outcome
	note    string
}

// judge compares everything that was seen with our rows, and the matrix with the page.
func judge(folder, expected, page string, write, all bool) error {
	var files []file
	if err := readJSON(filepath.Join(folder, "files.json"), &files); err != nil {
		return err
	}
	var exceptions []known
	if err := readJSON(expected, &exceptions); err != nil {
		return err
	}
	results, err := results(folder)
	if err != nil {
		return err
	}
	ours := map[string]table{}
	for _, f := range files {
		if ours[f.Name], err = readTable(filepath.Join(folder, "ours", f.Name+".jsonl")); err != nil {
			return err
		}
	}
	var lines []line
	var failed []error
	used := make([]bool, len(exceptions))
	for _, r := range results {
		var judged []judgement
		unexpected := map[outcome][]string{}
		for _, f := range files {
			of, ok := r.Files[f.Name]
			if !ok {
				continue
			}
			got, why := r.look(f, of, ours[f.Name])
			want, note := outcome{yes, yes, yes}, ""
			if at := slices.IndexFunc(exceptions, func(k known) bool { return k.covers(r.Reader, r.Version, f.Name) }); at >= 0 {
				want, note, used[at] = exceptions[at].outcome, exceptions[at].Note, true
			}
			if of.Error == "" && of.Answers == nil && want.Filters == yes {
				want.Filters = none
			}
			if got != want {
				unexpected[got] = append(unexpected[got], fmt.Sprintf("%s, expected %s: %.500s", f.Name, want, why))
			}
			judged = append(judged, judgement{f, got, note})
		}
		for got, of := range unexpected {
			failed = append(failed, fmt.Errorf("%s %s: %s in %d files; %s", r.Reader, r.Version, got, len(of), of[0]))
		}
		if len(judged) == 0 {
			failed = append(failed, fmt.Errorf("%s %s read no file", r.Reader, r.Version))
		}
		lines = append(lines, linesOf(r, judged)...)
	}
	for at, k := range exceptions {
		if all && !used[at] {
			failed = append(failed, fmt.Errorf("%s has a difference of %s %s in %q, which are files that it did not read", expected, k.Reader, k.Version, k.Files))
		}
	}
	if page != "" {
		failed = append(failed, comparePage(page, lines, write, all))
	}
	for _, l := range lines {
		fmt.Println(l)
	}
	return errors.Join(failed...)
}

func (o outcome) String() string {
	return "opens: " + o.Opens + ", values equal: " + o.Values + ", filters right: " + o.Filters
}

// results reads what the scripts left.
func results(folder string) ([]result, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "seen", "*", "result.json"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, errors.New("no reader has read the files")
	}
	var all []result
	for _, path := range paths {
		var r result
		if err := readJSON(path, &r); err != nil {
			return nil, err
		}
		r.folder = filepath.Dir(path)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b result) int {
		return strings.Compare(strings.ToLower(a.Reader)+" "+a.Version, strings.ToLower(b.Reader)+" "+b.Version)
	})
	return all, nil
}

// look compares one file with our rows, and says what differs.
func (r result) look(f file, of seen, ours table) (outcome, string) {
	if of.Error != "" {
		return outcome{no, no, no}, of.Error
	}
	got := outcome{yes, yes, yes}
	var why []string
	theirs, err := readTable(filepath.Join(r.folder, f.Name+".jsonl"))
	if err != nil {
		return outcome{no, no, no}, err.Error()
	}
	equal, difference := ours.compare(theirs)
	if equal != yes {
		got.Values = equal
		why = append(why, difference)
	}
	for name, count := range of.Present {
		if want := ours.present(name); count != want {
			got.Values = no
			why = append(why, fmt.Sprintf("statistics have %d values of %s instead of %d", count, name, want))
		}
	}
	if of.Answers == nil {
		got.Filters = none
		return got, strings.Join(why, "; ")
	}
	for _, q := range f.Questions {
		if of.Answers[q.Name] == "not asked" {
			continue
		}
		if answer := fmt.Sprint(of.Answers[q.Name]); answer != strconv.Itoa(q.Count) {
			got.Filters = no
			why = append(why, fmt.Sprintf("%s: %s rows instead of %d", q.Name, answer, q.Count))
		}
	}
	return got, strings.Join(why, "; ")
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
