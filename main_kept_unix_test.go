//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var (
	keptLine = regexp.MustCompile(`(?m)^(\d+) pages are kept: the next apply of the same configuration continues from there, until \d+-\d+-\d+ [0-9:]+ UTC\.$`)
	planLine = regexp.MustCompile(`(?m)^An interrupted apply kept (\d+) pages, the newest [0-9]+ s old\. The next apply continues from there until \d+-\d+-\d+ [0-9:]+ UTC; -no-resume starts over\.$`)
	nextLine = regexp.MustCompile(`(?m)^Continuing the apply that started to read at .*: (\d+) pages reused$`)
)

func only(t *testing.T, what string, line *regexp.Regexp, text string) string {
	t.Helper()
	found := line.FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s says %d times how many pages there are:\n%s", what, len(found), text)
	}
	return found[0][1]
}

// The apply, the next plan and the next apply name the same number of pages.
func TestAnApplyThatIsCutShortSaysHowManyPagesAreKept(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]struct {
		refuses bool
		end     func(p *program) error
		status  int
		before  string
	}{
		"^C":        {end: func(p *program) error { return p.Process.Signal(os.Interrupt) }, status: 130, before: "Interrupted; the destination is as it was.\n"},
		"a failure": {refuses: true, status: 1, before: "Error: "},
		"a kill":    {end: func(p *program) error { return p.Process.Kill() }, status: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newStoppingAPI(t, 900, beforeTheWalk+9)
			api.refuses = cut.refuses
			dir := configFor(t, api.url)
			p := start(t, dir, "apply", "-auto-approve")
			if cut.end != nil {
				<-api.held
				if err := cut.end(p); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.status(t); got != cut.status {
				t.Fatalf("ended with %d: %s", got, &p.err)
			}
			kept := ""
			if cut.status > 0 {
				kept = only(t, "the apply", keptLine, p.err.String())
				if _, after, ok := strings.Cut(p.err.String(), cut.before); !ok || !keptLine.MatchString(after) {
					t.Errorf("it does not say first %q: %s", cut.before, &p.err)
				}
			}
			api.left.Store(always)
			files := listing(t, dir)
			plan := start(t, dir, "plan")
			if got := plan.status(t); got != 0 {
				t.Fatal(plan.err.String())
			}
			planned := only(t, "the plan", planLine, plan.out.String())
			if kept != "" && planned != kept {
				t.Errorf("the apply says %s, the plan %s", kept, planned)
			}
			var inJSON struct {
				Kept struct {
					Pages     int64   `json:"pages"`
					Age       float64 `json:"age_seconds"`
					From, To  string
					UntilText string `json:"until"`
				} `json:"kept"`
			}
			asJSON := start(t, dir, "plan", "-json")
			if got := asJSON.status(t); got != 0 {
				t.Fatal(asJSON.out.String())
			}
			lastOf(t, asJSON, "plan", &inJSON)
			if fmt.Sprint(inJSON.Kept.Pages) != planned || inJSON.Kept.Age <= 0 || inJSON.Kept.From == "" || inJSON.Kept.UntilText == "" {
				t.Errorf("the plan in JSON has %+v, in text %s", inJSON, planned)
			}
			if got := listing(t, dir); name != "a kill" && got != files {
				t.Errorf("the plan changed files: %s, before %s", got, files)
			}
			other := start(t, dir, "plan", "-work-dir=elsewhere")
			if got := other.status(t); got != 0 || strings.Contains(other.out.String(), "has kept") {
				t.Errorf("the plan in another work folder: status %d, %s", got, &other.out)
			}
			next := start(t, dir, "apply", "-auto-approve")
			if got := next.status(t); got != 0 {
				t.Fatal(next.err.String())
			}
			if took := only(t, "the next apply", nextLine, next.err.String()); took != planned {
				t.Errorf("%s pages are taken over, the plan said %s", took, planned)
			}
			after := start(t, dir, "plan")
			if got := after.status(t); got != 0 || strings.Contains(after.out.String(), "has kept") {
				t.Errorf("after the apply the plan says %s", &after.out)
			}
		})
	}
}

// The plan promises only what the next apply can read.
func TestADamagedJournalIsNotPromised(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 900, beforeTheWalk+9)
	dir := configFor(t, api.url)
	p := start(t, dir, "apply", "-auto-approve")
	<-api.held
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := p.status(t); got != 130 {
		t.Fatalf("ended with %d: %s", got, &p.err)
	}
	journals, err := filepath.Glob(filepath.Join(dir, ".lemexport", "*.journal"))
	if err != nil || len(journals) != 1 {
		t.Fatal(journals, err)
	}
	body, err := os.ReadFile(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	body[40] ^= 1 // in the first entry
	if err := os.WriteFile(journals[0], body, 0o600); err != nil {
		t.Fatal(err)
	}
	api.left.Store(always)
	plan := start(t, dir, "plan")
	if plan.status(t) != 0 || strings.Contains(plan.out.String(), "has kept") {
		t.Errorf("promised: %s%s", &plan.out, &plan.err)
	}
}

// In JSON the pages that are kept are a message of their own type.
func TestKeptPagesAreAMessageInJSON(t *testing.T) {
	t.Parallel()
	api := newStoppingAPI(t, 900, beforeTheWalk+9)
	dir := configFor(t, api.url)
	p := start(t, dir, "apply", "-auto-approve", "-json", "-work-dir=work")
	<-api.held
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := p.status(t); got != 130 {
		t.Fatalf("ended with %d: %s", got, &p.out)
	}
	var message struct {
		Text string `json:"@message"`
		Kept struct {
			Pages   int64  `json:"pages"`
			From    string `json:"from"`
			Until   string `json:"until"`
			WorkDir string `json:"work_dir"`
		} `json:"kept"`
	}
	lastOf(t, p, "kept", &message)
	want := fmt.Sprintf("%d pages are kept: the next apply of the same configuration with -work-dir=work continues from there, until ", message.Kept.Pages)
	if message.Kept.Pages < 2 || message.Kept.WorkDir != "work" || message.Kept.From == "" || message.Kept.Until == "" || !strings.HasPrefix(message.Text, want) {
		t.Errorf("the message is %+v", message)
	}
}

// lastOf reads the last JSON message of a type.
func lastOf(t *testing.T, p *program, kind string, into any) {
	t.Helper()
	found := false
	for line := range strings.Lines(p.out.String()) {
		if strings.Contains(line, `"type":"`+kind+`"`) {
			found = true
			if err := json.Unmarshal([]byte(line), into); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !found {
		t.Fatalf("no message %q in %s", kind, &p.out)
	}
}

// listing names every file below a folder with its size.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			info, statErr := entry.Info()
			if statErr != nil {
				return statErr
			}
			all = append(all, fmt.Sprint(path, info.Size()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}
