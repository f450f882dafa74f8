//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// cutAPI is a simulated API that answers so many requests; then it holds the
// rest, or refuses the key.
type cutAPI struct {
	url     string
	left    atomic.Int64
	refuses bool
	held    chan struct{}
}

func newCutAPI(t *testing.T, answers int64, refuses bool) *cutAPI {
	t.Helper()
	team, err := sim.New(sim.Options{Key: testKey, Conversations: 900, Unlimited: true})
	if err != nil {
		t.Fatal(err)
	}
	api := &cutAPI{held: make(chan struct{}, 64), refuses: refuses}
	api.left.Store(answers)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case api.left.Add(-1) >= 0:
			team.ServeHTTP(w, r)
		case api.refuses:
			http.Error(w, "no", http.StatusUnauthorized)
		default:
			api.held <- struct{}{}
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	api.url = server.URL + "/api"
	return api
}

var (
	keptLine = regexp.MustCompile(`(?m)^(\d+) pages are kept: the next apply of the same configuration goes on from there, until \d+-\d+-\d+ [0-9:]+ UTC\.$`)
	planLine = regexp.MustCompile(`(?m)^An apply that was cut short has kept (\d+) pages, the newest [0-9]+ s old: the next apply goes on from there,\nuntil \d+-\d+-\d+ [0-9:]+ UTC\. -no-resume starts over\.$`)
	nextLine = regexp.MustCompile(`(?m)^Continuing the apply that began to read at .*: (\d+) pages taken over$`)
)

func only(t *testing.T, what string, line *regexp.Regexp, text string) string {
	t.Helper()
	found := line.FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s says %d times how many pages there are:\n%s", what, len(found), text)
	}
	return found[0][1]
}

// What the message promises is what the plan says, and what the next apply does.
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
			api := newCutAPI(t, beforeTheWalk+9, cut.refuses)
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
			api.left.Store(1 << 30)
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
			for _, args := range [][]string{{"plan", "-work-dir=elsewhere"}} {
				other := start(t, dir, args...)
				if got := other.status(t); got != 0 || strings.Contains(other.out.String(), "has kept") {
					t.Errorf("%v: status %d, %s", args, got, &other.out)
				}
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

// What the next run could not use is not promised.
func TestAJournalThatIsOfNoUseIsNotPromised(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(dir, journal string) error{
		"another key": func(dir, _ string) error {
			body, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(strings.Replace(string(body), testKey, strings.Repeat("f", 32), 1)), 0o600))
		},
		"a damaged first entry": func(_, journal string) error {
			body, err := os.ReadFile(journal)
			if err == nil {
				body[40] ^= 1
				err = os.WriteFile(journal, body, 0o600)
			}
			return err
		},
		"an empty journal": func(_, journal string) error { return os.Truncate(journal, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newCutAPI(t, beforeTheWalk+9, false)
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
			if err := spoil(dir, journals[0]); err != nil {
				t.Fatal(err)
			}
			api.left.Store(1 << 30)
			plan := start(t, dir, "plan")
			plan.status(t)
			if strings.Contains(plan.out.String(), "has kept") {
				t.Errorf("promised: %s", &plan.out)
			}
		})
	}
}

// In JSON a message of its own says it.
func TestWhatIsKeptIsAMessageInJSON(t *testing.T) {
	t.Parallel()
	api := newCutAPI(t, beforeTheWalk+9, false)
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
	want := fmt.Sprintf("%d pages are kept: the next apply of the same configuration with -work-dir=work goes on from there, until ", message.Kept.Pages)
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
