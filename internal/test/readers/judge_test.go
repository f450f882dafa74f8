package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scene is a folder with one file, and what one reader saw of it.
type scene struct{ folder, expected, page string }

const ourRow = `{"id":"a","text":"\ufeffé","at":1,"list":null,"contact":null}`

func newScene(t *testing.T, theirs string, one seen, exceptions ...known) scene {
	t.Helper()
	s := scene{folder: t.TempDir()}
	s.expected, s.page = filepath.Join(s.folder, "expected.json"), filepath.Join(s.folder, "readers.md")
	for _, name := range []string{"ours", "seen/r"} {
		if err := os.MkdirAll(filepath.Join(s.folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f := file{Name: "all-parquet", Dataset: "all", Setting: "parquet", Format: "parquet", Questions: []question{{Name: "q", Count: 1}}}
	put(t, filepath.Join(s.folder, "files.json"), encode(t, []file{f}))
	put(t, filepath.Join(s.folder, "ours/all-parquet.jsonl"), ourRow+"\n")
	put(t, filepath.Join(s.folder, "seen/r/all-parquet.jsonl"), theirs)
	put(t, filepath.Join(s.folder, "seen/r/result.json"), encode(t, result{Reader: "R", Version: "1", Files: map[string]seen{"all-parquet": one}}))
	put(t, s.expected, encode(t, exceptions))
	put(t, s.page, "before\n"+matrixBegin+matrixEnd+"after\n")
	return s
}

func encode(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s scene) judge() error { return judge(s.folder, s.expected, "", false, true) }

func TestEveryDifferenceIsNoticed(t *testing.T) {
	right := map[string]any{"q": 1}
	for _, c := range []struct {
		name, theirs string
		one          seen
		want         string // in the error, "" for none
	}{
		{"nothing differs", ourRow, seen{Answers: right}, ""},
		{"a text", strings.Replace(ourRow, "é", "e", 1), seen{Answers: right}, "values equal: no, filters right: yes"},
		{"a time", strings.Replace(ourRow, "1", "2", 1), seen{Answers: right}, "values equal: no, filters right: yes"},
		{"a null that is a text", strings.Replace(ourRow, "null", `""`, 1), seen{Answers: right}, "values equal: no, filters right: yes"},
		{"a null list that is empty", strings.Replace(ourRow, "null", "[]", 1), seen{Answers: right}, "values equal: but null lists and structs"},
		{"a null struct that is one of nulls", strings.Replace(ourRow, `"contact":null`, `"contact":{"email":null}`, 1), seen{Answers: right}, "values equal: but null lists and structs"},
		{"a byte order mark that is gone", strings.Replace(ourRow, `\ufeff`, "", 1), seen{Answers: right}, "values equal: but byte order marks"},
		{"a missing row", "", seen{Answers: right}, "0 rows instead of 1"},
		{"another row", strings.Replace(ourRow, `"a"`, `"b"`, 1), seen{Answers: right}, "there is no row a"},
		{"a row that comes twice", ourRow + "\n" + ourRow, seen{Answers: right}, "comes twice"},
		{"a missing column", strings.Replace(ourRow, `"at":1,`, "", 1), seen{Answers: right}, "4 columns instead of 5"},
		{"a count", ourRow, seen{Answers: map[string]any{"q": 2}}, "q: 2 rows instead of 1"},
		{"no answer", ourRow, seen{Answers: map[string]any{}}, "values equal: yes, filters right: no"},
		{"a filter that fails", ourRow, seen{Answers: map[string]any{"q": "cannot"}}, "q: cannot rows"},
		{"a filter that the reader has not", ourRow, seen{Answers: map[string]any{"q": "not asked"}}, ""},
		{"a reader without filters", ourRow, seen{}, ""},
		{"statistics", ourRow, seen{Answers: right, Present: map[string]int{"text": 0}}, "statistics have 0 values of text instead of 1"},
		{"a file that does not open", "", seen{Error: "broken"}, "opens: no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := newScene(t, c.theirs, c.one).judge()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("judged %v, not %q", err, c.want)
			}
		})
	}
}

func TestAKnownDifferenceHasToStay(t *testing.T) {
	exception := known{Reader: "R", Version: "1", Files: []string{"all-*"}, outcome: outcome{no, no, no}, Note: "too old"}
	if err := newScene(t, "", seen{Error: "broken"}, exception).judge(); err != nil {
		t.Errorf("the known difference is one: %v", err)
	}
	if err := newScene(t, ourRow, seen{Answers: map[string]any{"q": 1}}, exception).judge(); err == nil {
		t.Error("the known difference is gone, and nobody says so")
	}
}

func TestAKnownDifferenceIsOfAReaderThatWasRun(t *testing.T) {
	s := newScene(t, ourRow, seen{Answers: map[string]any{"q": 1}}, known{Reader: "R", Version: "0", Files: []string{"all-*"}, outcome: outcome{no, no, no}})
	if err := judge(s.folder, s.expected, "", false, false); err != nil {
		t.Errorf("some readers were run: %v", err)
	}
	if err := judge(s.folder, s.expected, "", false, true); err == nil || !strings.Contains(err.Error(), "a difference of R 0") {
		t.Errorf("all readers were run, and none has the difference: %v", err)
	}
}

func TestThePageHasWhatWasSeen(t *testing.T) {
	s := newScene(t, ourRow, seen{Answers: map[string]any{"q": 1}})
	page := func(write, all bool) error { return judge(s.folder, s.expected, s.page, write, all) }
	if page(false, true) == nil {
		t.Error("the page has no matrix, and nobody says so")
	}
	if err := page(true, true); err != nil {
		t.Fatal(err)
	}
	if err := page(false, true); err != nil {
		t.Errorf("the page that was just written: %v", err)
	}
	written, err := os.ReadFile(s.page)
	if err != nil {
		t.Fatal(err)
	}
	line := "| R | 1 | all of Parquet (1) | yes | yes | yes |  |\n"
	if want := "before\n" + matrixBegin + matrixHead + line + matrixEnd + "after\n"; string(written) != want {
		t.Errorf("the page is %q instead of %q", written, want)
	}
	put(t, s.page, strings.Replace(string(written), line, "| Q | 1 | x | yes | yes | yes |  |\n"+line, 1))
	if err := page(false, false); err != nil {
		t.Errorf("a reader that was not run stays: %v", err)
	}
	if page(false, true) == nil {
		t.Error("all readers were run, and the page has another one")
	}
}
